"""What goes over the wire, what is sent again, and what is refused before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.upstream.transport import LeanTransport
from tests.upstream.wire import OK, Peer, Script, answer_all, calling, saying, serving


async def test_the_request_on_the_wire() -> None:
    requests: list[bytes] = []

    async def script(peer: Peer) -> None:
        requests.append(await peer.request())
        await peer.say(OK)

    async with calling(script) as (caller, server):
        headers = [(b"X-Case", b"kept"), (b"x-twice", b"1"), (b"x-twice", b"\xff")]
        response = await caller.transport.send(caller.origin, b"POST", b"/v1/a%2Fb?q=%20", headers, b"body")
        assert (response.status, await response.aread()) == (200, b"ok")
    assert requests == [
        b"POST /v1/a%%2Fb?q=%%20 HTTP/1.1\r\nhost: %b\r\ncontent-length: 4\r\n"
        b"X-Case: kept\r\nx-twice: 1\r\nx-twice: \xff\r\n\r\nbody" % server.url.netloc
    ]


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        (b"POST", b"/", (b"x-a", b"1\r\nx-b: 2")),
        (b"POST", b"/", (b"x-a", b"1\nx-b: 2")),
        (b"POST", b"/", (b"x-a", b"1\rx")),
        (b"POST", b"/", (b"x-a", b"1\0")),
        (b"POST", b"/", (b"x-a: 1\r\nx-b", b"2")),
        (b"POST", b"/", (b"x a", b"2")),
        (b"POST", b"/", (b"transfer-encoding ", b"chunked")),
        (b"POST", b"/", (b"", b"2")),
        (b"POST", b"/", (b"Content-Length", b"3")),
        (b"POST", b"/", (b"Transfer-Encoding", b"chunked")),
        (b"POST", b"/", (b"HOST", b"other")),
        (b"POST", b"/", (b"Connection", b"close")),
        (b"POST", b"/ HTTP/1.1\r\nx:", (b"x-a", b"1")),
        (b"POST", b"/a b", (b"x-a", b"1")),
        (b"POST", b"", (b"x-a", b"1")),
        (b"GET / HTTP/1.1\r\n\r\nPOST", b"/", (b"x-a", b"1")),
    ],
)
async def test_nothing_can_smuggle_a_request(method: bytes, target: bytes, header: tuple[bytes, bytes]) -> None:
    async with calling(answer_all) as (caller, server):
        with pytest.raises(httpx.LocalProtocolError) as raised:
            await caller.transport.send(caller.origin, method, target, [(b"x-ok", b"secret"), header], b"{}")
        assert "secret" not in str(raised.value)
        assert server.accepted == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "5"},
        {"content-length": "+2"},
        {"content-length": "2, 2"},
        {"content-length": "2", "transfer-encoding": "chunked"},
        {"transfer-encoding": "gzip, chunked"},
        {"transfer-encoding": "identity"},
    ],
)
async def test_a_body_that_is_framed_twice_or_wrongly_is_not_sent(headers: dict[str, str]) -> None:
    async with calling(answer_all) as (caller, server):
        request = httpx.Request("POST", server.url, headers=headers, content=b"{}")
        with pytest.raises(httpx.LocalProtocolError):
            await caller.transport.handle_async_request(request)
        assert server.accepted == 0


async def test_under_an_httpx_client() -> None:
    async with serving(answer_all) as server:
        async with httpx.AsyncClient(transport=LeanTransport()) as client:
            assert (await client.post(server.url, json={"a": 1})).text == "1"
            async with client.stream("POST", server.url, content=b"{}") as response:
                assert response.http_version == "HTTP/1.1"
                assert [piece async for piece in response.aiter_raw()] == [b"1"]
        await server.deserted()
        assert server.accepted == 1


async def test_a_stream_left_early_under_an_httpx_client() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n")
        await peer.gone()

    async with serving(script) as server, httpx.AsyncClient(transport=LeanTransport()) as client:
        async with client.stream("GET", server.url) as response:
            await anext(response.aiter_raw())
        await server.deserted()


# What is sent again.


def dying_after(answered: int) -> tuple[list[int], Script]:
    """Each connection answers so many requests, reads one more, and closes without a word."""
    seen: list[int] = []

    async def script(peer: Peer) -> None:
        for _ in range(answered):
            await peer.request()
            seen.append(peer.number)
            await peer.say(OK)
        await peer.request()
        seen.append(peer.number)

    return seen, script


@pytest.mark.parametrize(("method", "idempotent"), [(b"GET", None), (b"POST", True)])
async def test_a_repeatable_request_is_sent_again_once(method: bytes, idempotent: bool | None) -> None:
    seen, script = dying_after(1)
    async with calling(script) as (caller, _):
        await caller.ask()
        assert await caller.ask(method, idempotent=idempotent) == b"ok"
        assert seen == [1, 1, 2]


@pytest.mark.parametrize(("method", "idempotent"), [(b"POST", None), (b"GET", False)])
async def test_a_request_that_the_server_may_have_taken_is_not_sent_again(
    method: bytes, idempotent: bool | None
) -> None:
    seen, script = dying_after(1)
    async with calling(script) as (caller, _):
        await caller.ask()
        with pytest.raises(httpx.RemoteProtocolError, match="without a response"):
            await caller.ask(method, idempotent=idempotent)
        assert seen == [1, 1]


async def test_a_request_on_a_new_connection_is_not_sent_again() -> None:
    seen, script = dying_after(0)
    async with calling(script) as (caller, _):
        with pytest.raises(httpx.RemoteProtocolError):
            await caller.ask(b"GET")
        assert seen == [1]


async def test_a_response_that_has_begun_is_not_asked_for_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK)
        await peer.request()
        await peer.say(b"HTTP/1.1 200")

    async with calling(script) as (caller, server):
        await caller.ask()
        with pytest.raises(httpx.RemoteProtocolError, match="in the middle"):
            await caller.ask(b"GET")
        assert server.accepted == 1


async def test_a_connection_that_the_server_closed_while_idle_is_not_used_for_anything() -> None:
    async with calling(saying(OK)) as (caller, server):
        for _ in range(5):
            assert await caller.ask() == b"ok"
            await server.deserted()
        assert server.accepted == 5


async def test_a_close_that_the_loop_has_not_seen_yet_is_seen_before_sending() -> None:
    async with calling(saying(OK)) as (caller, server):
        await caller.ask()
        connection = caller.transport.pool.idle[caller.origin][0]
        connection.transport.pause_reading()
        await server.deserted()
        assert not connection.transport.is_closing()
        assert await caller.ask() == b"ok"


# Bodies.


async def pieces(*given: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for number, piece in enumerate(given):
        await asyncio.sleep(pause if number else 0)
        yield piece


async def test_a_streamed_body_goes_in_chunks() -> None:
    body = b""

    async def script(peer: Peer) -> None:
        nonlocal body
        await peer.request()
        body = await peer.reader.readuntil(b"0\r\n\r\n")
        await peer.say(OK)
        await answer_all(peer)

    async with calling(script) as (caller, server):
        request = httpx.Request("POST", server.url, content=pieces(b"hello", b"", b"x" * 16))
        response = await caller.transport.handle_async_request(request)
        assert await response.aread() == b"ok"
        assert body == b"5\r\nhello\r\n10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n"
        assert await caller.ask() == b"1"


@pytest.mark.parametrize(("length", "fails"), [("4", False), ("3", True), ("5", True)])
async def test_a_streamed_body_keeps_its_promised_length(length: str, fails: bool) -> None:
    async with calling(answer_all) as (caller, server):
        request = httpx.Request("POST", server.url, headers={"content-length": length}, content=pieces(b"ab", b"cd"))
        if fails:
            with pytest.raises(httpx.LocalProtocolError, match="content-length"):
                await caller.transport.handle_async_request(request)
        else:
            assert await (await caller.transport.handle_async_request(request)).aread() == b"1"
        assert caller.transport.pool.taken == (not fails)


async def test_a_body_that_fails_ends_the_exchange() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    async with calling(answer_all) as (caller, server):
        with pytest.raises(ZeroDivisionError):
            await caller.transport.handle_async_request(httpx.Request("POST", server.url, content=failing()))
        await server.deserted()


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_early_answer_ends_the_upload(streamed: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno")
        await peer.gone()

    async with calling(script) as (caller, server):
        body = pieces(b"x", b"y", pause=60) if streamed else b"x" * 50_000_000
        response = await caller.transport.handle_async_request(httpx.Request("POST", server.url, content=body))
        assert (response.status_code, await response.aread()) == (413, b"no")
        await server.deserted()


async def test_a_large_body_arrives_whole() -> None:
    body = bytes(range(256)) * 100_000

    async def script(peer: Peer) -> None:
        assert (await peer.request()).endswith(b"\r\n\r\n" + body)
        await peer.say(OK)
        await peer.gone()

    async with calling(script) as (caller, _):
        assert await caller.ask(body=body) == b"ok"
        assert len(caller.transport.pool.connections) == 1


async def stalled(peer: Peer) -> None:
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(60)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_server_that_does_not_read_is_a_write_timeout(streamed: bool) -> None:
    async with calling(stalled) as (caller, server):
        body = pieces(*[b"x" * 1_000_000] * 50) if streamed else b"x" * 50_000_000
        timeouts = {"connect": 5, "read": 5, "write": 0.2, "pool": 5}
        request = httpx.Request("POST", server.url, content=body, extensions={"timeout": timeouts})
        with pytest.raises(httpx.WriteTimeout):
            await caller.transport.handle_async_request(request)


async def test_a_server_that_goes_during_the_upload_is_a_write_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")

    async with calling(script) as (caller, server):
        request = httpx.Request("POST", server.url, content=pieces(*[b"x" * 1_000_000] * 50, pause=0.01))
        with pytest.raises(httpx.WriteError):
            await caller.transport.handle_async_request(request)


async def test_cancelling_an_upload_frees_the_server_at_once() -> None:
    async def script(peer: Peer) -> None:
        await peer.gone()

    async with calling(script) as (caller, server):
        request = httpx.Request("POST", server.url, content=pieces(b"x", b"y", pause=60))
        task = asyncio.ensure_future(caller.transport.handle_async_request(request))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        await server.deserted()
