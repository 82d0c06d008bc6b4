"""Responses as they arrive, and what becomes of those that do not arrive as they should."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.upstream.http1 import UNREAD_BYTES
from tests.upstream.wire import OK, Peer, answer_all, calling, saying

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
WHOLE = {
    "length": (HEAD + b"content-length: 5\r\n\r\nhello", 200, b"hello"),
    "chunked": (CHUNKED + b"2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\ntrailer: dropped\r\n\r\n", 200, b"hello"),
    "until close": (HEAD + b"\r\nhello", 200, b"hello"),
    "http/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", 200, b"hello"),
    "empty": (HEAD + b"content-length: 0\r\n\r\n", 200, b""),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, b""),
    "interim": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK, 200, b"ok"),
    "no reason": (b"HTTP/1.1 503\r\ncontent-length: 2\r\n\r\nno", 503, b"no"),
}
BROKEN = {
    "nothing": b"",
    "not http": b"SSH-2.0-OpenSSH_9.6\r\n",
    "cut head": HEAD + b"content-le",
    "cut length": HEAD + b"content-length: 5\r\n\r\nhel",
    "cut chunks": CHUNKED + b"2\r\nhe\r\n",
    "bad chunk": CHUNKED + b"zz\r\nhe\r\n",
    "two lengths": HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok",
    "length and chunks": HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feed": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok",
    "folded header": HEAD + b"x-a: 1\r\n 2\r\ncontent-length: 2\r\n\r\nok",
    "negative length": HEAD + b"content-length: -1\r\n\r\n",
    "unasked upgrade": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
    "a status of its own": b"HTTP/1.1 600 Beyond\r\ncontent-length: 2\r\n\r\nok",
    "a coding of the transfer": HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "a coding to the end": HEAD + b"transfer-encoding: gzip\r\n\r\nok",
    "101 alone": b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + OK,
}
ENDLESS = {
    "one header": HEAD + b"x-long: " + b"a" * 100_000,
    "many headers": HEAD + b"x-more: yes\r\n" * 10_000 + b"content-length: 2\r\n\r\nok",
    "interim": b"HTTP/1.1 102 Processing\r\n\r\n" * 10_000,
    "chunk extension": CHUNKED + b"2;" + b"a" * 400_000,
    "trailer": CHUNKED + b"0\r\nx-long: " + b"a" * 400_000,
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("cut", [1, 7, 1000])
async def test_whole(kind: str, cut: int) -> None:
    raw, status, body = WHOLE[kind]
    pieces = [raw[i : i + cut] for i in range(0, len(raw), cut)]
    async with calling(saying(*pieces)) as (caller, _):
        response = await caller.transport.send(caller.origin, b"GET", b"/", [], b"", caller.timeouts)
        assert (response.status, await response.aread()) == (status, body)
        assert not any(name == b"link" for name, _ in response.headers)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(st.binary(min_size=1, max_size=400), max_size=6), st.lists(st.integers(1, 60), min_size=1, max_size=20))
async def test_any_body_cut_anywhere(chunks: list[bytes], cuts: list[int]) -> None:
    rest = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    pieces = []
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    async with calling(saying(*pieces, rest)) as (caller, _):
        assert await caller.ask() == b"".join(chunks)


@pytest.mark.parametrize("kind", BROKEN)
async def test_broken(kind: str) -> None:
    async with calling(saying(BROKEN[kind])) as (caller, server):
        with pytest.raises(httpx.RemoteProtocolError):
            await caller.ask()
        await server.deserted()


@pytest.mark.parametrize("kind", ENDLESS)
async def test_endless(kind: str) -> None:
    async with calling(saying(ENDLESS[kind])) as (caller, server):
        with pytest.raises(httpx.RemoteProtocolError, match="65536 bytes"):
            await caller.ask()
        await server.deserted()


async def test_headers_arrive_as_sent() -> None:
    headers = b"Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Caf\xe9: \xff\r\nContent-Length: 0\r\n".replace(b"\xe9", b"e")
    async with calling(saying(HEAD + headers + b"\r\n")) as (caller, _):
        response = await caller.transport.send(caller.origin, b"GET", b"/", [], b"", caller.timeouts)
    assert response.headers == [
        (b"Set-Cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"X-Cafe", b"\xff"),
        (b"Content-Length", b"0"),
    ]


async def test_an_answer_to_head_has_no_body_and_keeps_the_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(HEAD + b"content-length: 500\r\n\r\n")
        await answer_all(peer)

    async with calling(script) as (caller, server):
        assert await caller.ask(b"HEAD") == b""
        assert await caller.ask() == b"1"
        assert server.accepted == 1


@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
async def test_a_second_response_is_never_taken_for_the_answer_to_the_next_request(method: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison" if peer.number == 1 else OK)
        await peer.gone()

    async with calling(script) as (caller, server):
        await caller.ask(method)
        assert await caller.ask() == b"ok"
        assert server.accepted == 2


async def test_a_response_that_nobody_asked_for_costs_the_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK)
        if peer.number == 1:
            await asyncio.sleep(0.05)
            await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison")
            await answer_all(peer)

    async with calling(script) as (caller, server):
        await caller.ask()
        await server.deserted()
        assert await caller.ask() == b"ok"


async def test_what_came_before_the_cut_is_delivered() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(CHUNKED + b"2\r\nhe\r\n")
        await heard.wait()

    heard = asyncio.Event()
    async with calling(script) as (caller, _):
        response = await caller.transport.send(caller.origin, b"GET", b"/", [], b"", caller.timeouts)
        assert await anext(response) == b"he"
        heard.set()
        with pytest.raises(httpx.RemoteProtocolError, match="in the middle of its response"):
            await anext(response)


async def test_a_slow_consumer_holds_the_server_back() -> None:
    piece, count, sent = b"x" * 65536, 800, 0

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.say(HEAD + b"content-length: %d\r\n\r\n" % (len(piece) * count))
        for _ in range(count):
            await peer.say(piece)
            sent += len(piece)

    async with calling(script) as (caller, _):
        response = await caller.transport.send(caller.origin, b"GET", b"/", [], b"", caller.timeouts)
        await asyncio.sleep(0.3)
        assert response.unread <= 2 * UNREAD_BYTES
        assert sent < len(piece) * count / 2
        assert len(await response.aread()) == len(piece) * count


async def test_closing_early_frees_the_server_at_once() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(CHUNKED + b"2\r\nhe\r\n")
        await peer.gone()

    async with calling(script) as (caller, server):
        response = await caller.transport.send(caller.origin, b"POST", b"/", [], b"{}", caller.timeouts)
        assert await anext(response) == b"he"
        await response.aclose()
        await response.aclose()
        await server.deserted()
        with pytest.raises(httpx.StreamClosed):
            await anext(response)


@pytest.mark.parametrize(("pause", "kept"), [(0.05, True), (5.0, False)])
async def test_a_released_response_keeps_its_connection_if_it_ends_in_time(pause: float, kept: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(CHUNKED + b"2\r\nhe\r\n")
        await asyncio.wait([gone := asyncio.ensure_future(peer.reader.read(1))], timeout=pause)
        if not gone.done():
            gone.cancel()
            await peer.say(b"2\r\nho\r\n0\r\n\r\n")
            await answer_all(peer)

    async with calling(script) as (caller, server):
        response = await caller.transport.send(caller.origin, b"POST", b"/", [], b"{}", caller.timeouts)
        assert await anext(response) == b"he"
        response.release(0.2)
        with pytest.raises(httpx.StreamClosed):
            await anext(response)
        await asyncio.sleep(0.4)
        assert caller.transport.pool.taken == kept
        assert len(server.open) == kept


@pytest.mark.parametrize("said", [b"", CHUNKED + b"2\r\nhe\r\n"], ids=["before the head", "in the body"])
async def test_cancelling_frees_the_server_at_once(said: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(said)
        heard.set()
        await peer.gone()

    heard = asyncio.Event()
    async with calling(script) as (caller, server):
        task = asyncio.ensure_future(caller.ask())
        await heard.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.deserted()


@pytest.mark.parametrize("said", [b"", CHUNKED + b"2\r\nhe\r\n"], ids=["before the head", "in the body"])
async def test_silence_is_a_read_timeout(said: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(said)
        await peer.gone()

    async with calling(script) as (caller, server):
        caller.timeouts = httpx.Timeout(5, read=0.1)
        with pytest.raises(httpx.ReadTimeout):
            await caller.ask()
        await server.deserted()


async def test_a_shorter_timeout_counts_on_a_connection_that_had_a_longer_one() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.05)
        await peer.say(OK)
        await peer.gone()

    async with calling(script) as (caller, _):
        await caller.ask()
        caller.timeouts = httpx.Timeout(5, read=0.1)
        with pytest.raises(httpx.ReadTimeout):
            await asyncio.wait_for(caller.ask(), 2)


async def test_a_slow_stream_is_no_silence() -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.say(CHUNKED)
            for _ in range(8):
                await asyncio.sleep(0.05)
                await peer.say(b"1\r\nx\r\n")
            await peer.say(b"0\r\n\r\n")

    async with calling(script) as (caller, server):
        caller.timeouts = httpx.Timeout(5, read=0.2)
        assert await caller.ask() == b"x" * 8
        await asyncio.sleep(0.3)
        assert await caller.ask() == b"x" * 8
        assert server.accepted == 1


async def test_a_reset_is_a_read_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(CHUNKED)
        peer.writer.transport.get_extra_info("socket").setsockopt(
            1, 13, b"\1\0\0\0\0\0\0\0"
        )  # SO_LINGER: close resets.
        peer.writer.transport.abort()

    async with calling(script) as (caller, _):
        with pytest.raises(httpx.ReadError):
            await caller.ask()
