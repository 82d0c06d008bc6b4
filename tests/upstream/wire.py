"""A server that does on its sockets exactly what a test scripts, and a transport to reach it with."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx

from gateway.upstream.transport import LeanTransport, Origin

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Peer:
    """One accepted connection, as the script sees it. `number` counts connections from 1."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """The next request: its head, and a body of the length that it states. Raises when there is none."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = [
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        return head + (await self.reader.readexactly(length[0]) if length else b"")

    async def say(self, *pieces: bytes) -> None:
        """Writes the pieces one by one, so that they arrive one by one as far as a socket allows."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def gone(self) -> None:
        """Returns when the other side has closed or reset the connection."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass


Script = Callable[[Peer], Awaitable[None]]


class Server:
    """Runs the script for each connection. `failures` are what scripts have raised beyond a lost peer."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.url = httpx.URL()
        self.accepted = 0
        self.open: set[asyncio.Task[None]] = set()
        self.failures: list[BaseException] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        try:
            await self.script(Peer(self.accepted, reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        except Exception as error:
            self.failures.append(error)
        writer.close()
        with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
            await writer.wait_closed()
        self.open.discard(task)

    async def deserted(self) -> None:
        """Returns when no connection is left."""
        async with asyncio.timeout(5):
            while self.open:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(script)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls, limit=2**17)
    port = listener.sockets[0].getsockname()[1]
    server.url = httpx.URL(f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1")
    try:
        yield server
    finally:
        listener.close()
        for task in list(server.open):
            task.cancel()
        await asyncio.gather(*server.open, return_exceptions=True)
    assert server.failures == []


class Caller:
    """A transport bound to one server, with short timeouts; what is sent goes to /v1."""

    def __init__(self, transport: LeanTransport, url: httpx.URL) -> None:
        self.transport = transport
        self.origin = Origin.of(url)
        self.timeouts = httpx.Timeout(5)

    async def ask(self, method: bytes = b"POST", body: bytes = b"hi", *, idempotent: bool | None = None) -> bytes:
        """The body of the response."""
        headers = [(b"accept", b"*/*")]
        response = await self.transport.send(
            self.origin,
            method,
            b"/v1",
            headers,
            body if method == b"POST" else b"",
            self.timeouts,
            idempotent=idempotent,
        )
        return await response.aread()


@asynccontextmanager
async def calling(
    script: Script, *, max_connections: int = 10, idle_seconds: float = 30.0
) -> AsyncIterator[tuple[Caller, Server]]:
    """A scripted server and a caller of it; at the end nothing of either may be left open."""
    async with serving(script) as server:
        transport = LeanTransport(max_connections=max_connections, idle_seconds=idle_seconds)
        try:
            yield Caller(transport, server.url), server
        finally:
            await transport.aclose()
        assert transport.pool.taken == 0
        assert not transport.pool.connections


async def answer_all(peer: Peer) -> None:
    """Answers each request with the number of its connection."""
    while True:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n%d" % peer.number)


def saying(*pieces: bytes) -> Script:
    """A script that answers one request with these bytes and closes."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(*pieces)

    return script
