"""A response as it arrives over HTTP/1.1: filled by the parser of its connection, drained by one consumer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

import httpx

from gateway.upstream.headers import WITHOUT_BODY, Header

if TYPE_CHECKING:
    from gateway.upstream.http1 import Connection

LAST_STATUS = 599


class LeanResponse(httpx.AsyncByteStream):
    """A response as it arrives: the parser fills it, one consumer drains it. Pieces that wait are given as one.

    Iteration raises httpx.ReadError, ReadTimeout or RemoteProtocolError when the body does not come whole. The body
    is as sent: nothing is decompressed. Close it when it is not read to its end: that aborts the connection at once.
    """

    def __init__(self, connection: Connection, *, bodiless: bool, read_seconds: float | None) -> None:
        self.status = 0
        self.headers: list[Header] = []
        self.connection: Connection | None = connection
        self.bodiless = bodiless
        self.read_seconds = read_seconds
        self.pieces: list[bytes] = []
        self.unread = self.head_bytes = self.fruitless_bytes = 0
        self.complete = self.surplus = self.answered = self.keep_alive = False
        self.flaw: str | None = None
        self.error: Exception | None = None
        self.waiter: asyncio.Future[None] | None = None

    # The consumer's side.

    def __aiter__(self) -> LeanResponse:
        return self

    def aiter_raw(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self.pieces:
            if self.complete:
                raise StopAsyncIteration
            if self.error is not None:
                raise self.error
            await self.wait(self.read_seconds)
        return self.take()

    def arrived(self) -> bytes:
        """What of the body is there and was not taken yet; it can still be taken."""
        return b"".join(self.pieces)

    async def aread(self) -> bytes:
        """What is left of the body."""
        return b"".join([piece async for piece in self])

    async def aclose(self) -> None:
        """May be called twice, and by another task than the one that reads, which then gets httpx.StreamClosed."""
        if not self.complete and self.error is None:
            self.fail(httpx.StreamClosed())
        self.pieces.clear()

    def release(self, seconds: float) -> None:
        """Gives up the rest without haste: if it ends by itself within `seconds`, its connection serves again, else it
        is aborted then. For a response that is about to end, this spares both sides a connection.
        """
        if self.connection is not None and self.error is None:
            self.error = httpx.StreamClosed()
            self.pieces.clear()
            self.connection.resume()
            self.connection.loop.call_later(seconds, self.fail, self.error)
            self.wake()

    def take(self) -> bytes:
        pieces, self.pieces, self.unread = self.pieces, [], 0
        if self.connection is not None:
            self.connection.resume()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def begun(self) -> None:
        """Returns when the status and the headers are there."""
        while not self.status and self.error is None:
            await self.wait(self.read_seconds)
        if self.error is not None and not self.pieces:
            raise self.error

    async def wait(self, seconds: float | None) -> None:
        """Returns when anything has changed; fails the response when nothing does, or when the waiting is cancelled."""
        connection = cast("Connection", self.connection)
        self.waiter = connection.loop.create_future()
        connection.alarm.set(seconds)
        try:
            await self.waiter
        except BaseException:
            self.fail(httpx.StreamClosed())
            raise
        finally:
            self.waiter = None

    # The connection's side.

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        """Ends the response and its connection."""
        connection, self.connection = self.connection, None
        if not self.complete and self.error is None:
            self.error = error
        if connection is not None:
            connection.abort()
        self.wake()

    def reject(self, why: str) -> None:
        self.complete = False
        self.pieces.clear()
        self.fail(httpx.RemoteProtocolError(why))

    # The parser's callbacks. Between them and the consumer lies at least one turn of the loop.

    def on_message_begin(self) -> None:
        self.surplus = self.surplus or self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        self.head_bytes += len(name) + len(value)
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """An interim response (1xx) is dropped. An answer to HEAD, a 204 and a 304 end here, whatever their length."""
        status = cast("Connection", self.connection).parser.get_status_code()
        if self.status:
            return
        if status < 200 and status != 101:
            self.headers.clear()
            return
        self.status, self.flaw = status, flaw(status, self.headers)
        if self.bodiless or status in WITHOUT_BODY:
            self.end()
        self.wake()

    def on_body(self, data: bytes) -> None:
        if self.complete:
            self.surplus = True
            return
        self.fruitless_bytes = 0
        if self.error is None:
            self.pieces.append(data)
            self.unread += len(data)
            self.wake()

    def on_message_complete(self) -> None:
        if self.status and self.status != 101:
            self.end()
            self.wake()

    def end(self) -> None:
        """The parser knows only now whether the connection may be kept."""
        self.complete = True
        self.keep_alive = cast("Connection", self.connection).parser.should_keep_alive()

    @property
    def ends_with_connection(self) -> bool:
        """Neither a length nor chunks: the body goes on until the server closes (RFC 9112, 6.3)."""
        named = {name.lower(): value for name, value in self.headers}
        chunked = named.get(b"transfer-encoding", b"").lower().endswith(b"chunked")
        return bool(self.status) and not chunked and b"content-length" not in named


def flaw(status: int, headers: list[Header]) -> str | None:
    """Why a response that can be parsed cannot be passed on: by no status and no coding that HTTP/1.1 knows."""
    if status == 101:
        return "the server switched protocols without being asked to"
    if status > LAST_STATUS:
        return f"the server's status {status} is none of HTTP's"
    codings = [value.lower() for name, value in headers if name.lower() == b"transfer-encoding"]
    if codings not in ([], [b"chunked"]):
        return "the server's `transfer-encoding` is not `chunked`"
    return None
