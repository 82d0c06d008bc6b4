"""A client that sees the bytes: it sends a request as written and reads the response by RFC 9112, hiding nothing."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

Header = tuple[bytes, bytes]
HANGS = 30.0
"""Seconds after which a peer that sends nothing is a failure of the test."""


class Cut(Exception):
    """The connection ended before the message did."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A response. `status` is 0 when none came; `complete`: the message ended as HTTP says that it ends."""

    status: int
    headers: tuple[Header, ...]
    body: bytes
    complete: bool


class Wire:
    """A socket that is read to a mark, or to its end. What came before a reset is read before the reset."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    async def more(self) -> bool:
        """Whether anything came; False at the connection's end."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(HANGS):
            data = await loop.sock_recv(self.sock, 262144)
        self.buffer += data
        return bool(data)

    async def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not await self.more():
                raise Cut
        found, _, self.buffer = self.buffer.partition(mark)
        return found

    async def some(self, most: int) -> bytes:
        """At least one byte, at most so many."""
        while not self.buffer:
            if not await self.more():
                raise Cut
        found, self.buffer = self.buffer[:most], self.buffer[most:]
        return found


class Reading:
    """One response: what of it is there. `told` hears how much of the body has come, each time that some has."""

    def __init__(self, wire: Wire, *, bodiless: bool, told: Callable[[int], None]) -> None:
        self.wire = wire
        self.bodiless = bodiless
        self.told = told
        self.status = 0
        self.headers: tuple[Header, ...] = ()
        self.body = b""

    async def whole(self) -> Seen:
        try:
            await self.head()
            await self.rest()
        except (Cut, ConnectionError):
            return Seen(self.status, self.headers, self.body, complete=False)
        return Seen(self.status, self.headers, self.body, complete=True)

    async def head(self) -> None:
        """Interim responses (1xx) are passed over."""
        while self.status < 200:
            first, *lines = (await self.wire.until(b"\r\n\r\n")).split(b"\r\n")
            self.status = int(first.split(b" ")[1])
        self.headers = tuple(split(line) for line in lines)

    async def rest(self) -> None:
        lengths = [value for name, value in self.headers if name == b"content-length"]
        if self.bodiless or self.status in (204, 304):
            return
        if (b"transfer-encoding", b"chunked") in self.headers:
            await self.chunks()
        elif lengths:
            await self.take(int(lengths[0]))
        else:
            await self.to_the_end()

    async def chunks(self) -> None:
        while size := int(re.split(rb"[; ]", await self.wire.until(b"\r\n"))[0], 16):
            await self.take(size)
            assert await self.wire.until(b"\r\n") == b""
        while await self.wire.until(b"\r\n"):
            pass

    async def take(self, size: int) -> None:
        while size:
            piece = await self.wire.some(size)
            size -= len(piece)
            self.add(piece)

    async def to_the_end(self) -> None:
        try:
            while True:
                self.add(await self.wire.some(1 << 20))
        except Cut:
            pass

    def add(self, piece: bytes) -> None:
        self.body += piece
        self.told(len(self.body))


def split(line: bytes) -> Header:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip(b" \t")


def unheard(size: int) -> None:
    del size


async def exchange(port: int, request: bytes, *, bodiless: bool = False, told: Callable[[int], None] = unheard) -> Seen:
    """The response to one request on a connection of its own. `bodiless`: to HEAD."""
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.sock_sendall(sock, request)
        return await Reading(Wire(sock), bodiless=bodiless, told=told).whole()
