"""HTTPS: the server is verified and asked for by name, and everything else is as without it."""

from __future__ import annotations

import ssl

import httpx
import pytest
import trustme

from gateway.upstream.transport import LeanTransport, Origin
from tests.upstream.wire import Caller, Peer, answer_all, serving


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> LeanTransport:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return LeanTransport(ssl_context=context)


async def test_a_verified_server(authority: trustme.CA, trusting: LeanTransport) -> None:
    async with serving(answer_all, server_context(authority, "127.0.0.1")) as server:
        caller = Caller(trusting, server.url)
        assert [await caller.ask() for _ in range(3)] == [b"1"] * 3
        await trusting.aclose()
        await server.deserted()


async def test_a_server_of_another_authority(authority: trustme.CA) -> None:
    async with serving(answer_all, server_context(authority, "127.0.0.1")) as server:
        transport = LeanTransport()
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await Caller(transport, server.url).ask()
        assert transport.pool.taken == 0


async def test_a_server_of_another_name(authority: trustme.CA, trusting: LeanTransport) -> None:
    async with serving(answer_all, server_context(authority, "other.example")) as server:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await Caller(trusting, server.url).ask()


async def test_the_server_is_asked_for_by_name(authority: trustme.CA, trusting: LeanTransport) -> None:
    asked: list[str | None] = []
    context = server_context(authority, "guardian.example")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with serving(answer_all, context) as server:
        extensions = {"sni_hostname": "guardian.example"}
        response = await trusting.handle_async_request(httpx.Request("GET", server.url, extensions=extensions))
        assert await response.aread() == b"1"
        await trusting.aclose()
    assert asked == ["guardian.example"]


async def test_a_handshake_that_never_ends_is_a_connect_timeout(trusting: LeanTransport) -> None:
    async def silent(peer: Peer) -> None:
        await peer.gone()

    async with serving(silent) as server:
        caller = Caller(trusting, server.url.copy_with(scheme="https"))
        caller.timeouts = httpx.Timeout(5, connect=0.1)
        with pytest.raises(httpx.ConnectTimeout):
            await caller.ask()
        assert trusting.pool.taken == 0


async def test_a_large_answer_and_an_early_close(authority: trustme.CA, trusting: LeanTransport) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n", *[b"x" * 100_000] * 200)
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n")
        await peer.gone()

    async with serving(script, server_context(authority, "127.0.0.1")) as server:
        caller = Caller(trusting, server.url)
        assert len(await caller.ask()) == 20_000_000
        response = await trusting.send(Origin.of(server.url), b"GET", b"/", [])
        await response.aclose()
        await server.deserted()
