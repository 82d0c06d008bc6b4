"""An upstream that answers with the bytes that a test gives it, and keeps what it got as it came."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from tests.transparency.wire import Header, split

End = Literal["keep", "close", "reset"]
RESET = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is reset when it is closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Written piece by piece. `waits`: each piece but the first is written only when the client has all before it."""

    pieces: tuple[bytes, ...]
    end: End = "keep"
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came over the wire; names of headers in lower case, since HTTP gives case no meaning."""

    method: bytes
    target: bytes
    headers: tuple[Header, ...]
    body: bytes


class Scripted:
    """HTTP/1.1 by hand. `answer` is given to every request until another is set."""

    def __init__(self) -> None:
        self.answer = Answer((b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",))
        self.got: list[Got] = []
        self.go = asyncio.Semaphore(0)
        self.open: set[asyncio.Task[None]] = set()
        self.port = 0

    def set(self, answer: Answer) -> None:
        self.answer, self.go = answer, asyncio.Semaphore(0)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self.one(reader, writer):
                pass
        self.open.discard(task)
        writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection may serve on."""
        self.got.append(await read(reader))
        answer, go = self.answer, self.go
        for i, piece in enumerate(answer.pieces):
            if i and answer.waits:
                await go.acquire()
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if answer.end == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return answer.end == "keep"


async def read(reader: asyncio.StreamReader) -> Got:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    method, target, _ = first.split(b" ")
    headers = tuple(split(line) for line in lines)
    if (b"transfer-encoding", b"chunked") in headers:
        return Got(method, target, headers, await chunks(reader))
    length = int(next((value for name, value in headers if name == b"content-length"), b"0"))
    return Got(method, target, headers, await reader.readexactly(length))


async def chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return body


@asynccontextmanager
async def scripted() -> AsyncIterator[Scripted]:
    upstream = Scripted()
    listener = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, limit=2**24)
    upstream.port = listener.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        listener.close()
        for task in list(upstream.open):
            task.cancel()
        await asyncio.gather(*upstream.open, return_exceptions=True)
