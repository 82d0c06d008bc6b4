"""One HTTP/1.1 connection and the response that arrives on it. One exchange at a time; nothing is pipelined."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools
import httpx

if TYPE_CHECKING:
    from gateway.upstream.connection_pool import ConnectionPool, Origin

Header = tuple[bytes, bytes]

UNREAD_BYTES = 256 * 1024
"""A response that holds more than this unread stops reading from its socket until its consumer has taken it."""


class Upload(NamedTuple):
    """A request body that is read while it is sent: framed in chunks, or of a `length` that its head has promised."""

    pieces: AsyncIterator[bytes]
    length: int | None


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
        self.status = status
        if self.bodiless or status in (204, 304):
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


class Alarm:
    """A read timeout that is set for each wait at nearly no cost: its timer is moved only when it rings too early."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.due: float | None = None
        self.timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float | None) -> None:
        loop = self.connection.loop
        self.due = None if seconds is None else loop.time() + seconds
        if self.due is None:
            return
        if self.timer is not None:
            if self.timer.when() <= self.due:
                return
            self.timer.cancel()
        self.timer = loop.call_at(self.due, self.ring)

    def ring(self) -> None:
        self.timer = None
        loop, response = self.connection.loop, self.connection.response
        if response is None or response.waiter is None or self.due is None:
            return
        if loop.time() < self.due:
            self.timer = loop.call_at(self.due, self.ring)
        else:
            response.fail(httpx.ReadTimeout("the server sent nothing in time"))

    def cancel(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Connection(asyncio.Protocol):
    """A socket to one origin. `response` is the one under way; without it the connection is idle, or closed."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    gone: asyncio.Future[None]
    parser: httptools.HttpResponseParser

    def __init__(self, pool: ConnectionPool, origin: Origin, *, max_head_bytes: int) -> None:
        self.pool = pool
        self.origin = origin
        self.max_head_bytes = max_head_bytes
        self.response: LeanResponse | None = None
        self.alarm = Alarm(self)
        self.reused = self.unanswered = self.sending = self.choked = self.paused = False
        self.drained: asyncio.Future[None] | None = None
        self.poll: select.poll | None = None
        self.idle_since = 0.0

    async def exchange(
        self, head: bytes, body: bytes | Upload, timeouts: httpx.Timeout, *, bodiless: bool
    ) -> LeanResponse:
        """Sends a request; returns when the response has begun, which may be before the request is sent whole."""
        response = self.response = LeanResponse(self, bodiless=bodiless, read_seconds=timeouts.read)
        self.parser = httptools.HttpResponseParser(response)
        try:
            if isinstance(body, bytes):
                self.write(head, body)
            if self.choked or not isinstance(body, bytes):
                await self.upload(response, head, body, timeouts.write)
            await response.begun()
        except BaseException:
            response.fail(httpx.StreamClosed())
            raise
        return response

    def write(self, head: bytes, body: bytes) -> None:
        if len(body) < 65536:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)

    async def upload(self, response: LeanResponse, head: bytes, body: bytes | Upload, seconds: float | None) -> None:
        """Sends what takes its time, unless the response comes first: what is left is then never sent."""
        self.sending = True
        task = self.loop.create_task(self.send(head, body, seconds))
        task.add_done_callback(lambda _: response.wake())
        try:
            while not (task.done() or response.status or response.error):
                await response.wait(None)
        finally:
            task.cancel()
            await asyncio.wait([task])
            failure = None if task.cancelled() else task.exception()
        if response.error is not None:
            raise response.error
        if failure is not None:
            raise failure

    async def send(self, head: bytes, body: bytes | Upload, seconds: float | None) -> None:
        if isinstance(body, Upload):
            self.transport.write(head)
            await self.send_pieces(body, seconds)
        await self.drain(seconds)
        self.sending = False

    async def send_pieces(self, body: Upload, seconds: float | None) -> None:
        sent = 0
        async for piece in body.pieces:
            sent += len(piece)
            if body.length is not None and sent > body.length:
                raise httpx.LocalProtocolError("the body is longer than its `content-length`")
            if piece:
                self.transport.write(piece if body.length is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
                await self.drain(seconds)
        if body.length is None:
            self.transport.write(b"0\r\n\r\n")
        elif sent < body.length:
            raise httpx.LocalProtocolError("the body is shorter than its `content-length`")

    async def drain(self, seconds: float | None) -> None:
        """Returns when the server has taken most of what was written."""
        if not self.choked:
            return
        self.drained = self.loop.create_future()
        try:
            async with asyncio.timeout(seconds):
                await self.drained
        except TimeoutError:
            raise httpx.WriteTimeout("the server did not take the request in time") from None
        finally:
            self.drained = None

    def usable(self, oldest: float) -> bool:
        """Not idle since before `oldest`, and not readable: a close that the loop has yet to see shows here."""
        if self.idle_since < oldest or self.transport.is_closing():
            return False
        if self.poll is None:
            self.poll = select.poll()
            self.poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not self.poll.poll(0)

    def resume(self) -> None:
        if self.paused:
            self.paused = False
            self.transport.resume_reading()

    def finish(self, response: LeanResponse) -> None:
        """The response has come whole; the connection is kept when nothing is left on it in either direction."""
        self.response = response.connection = None
        self.resume()
        if self.sending or self.transport.get_write_buffer_size():
            self.abort()
        elif response.surplus or self.transport.is_closing() or not response.keep_alive:
            self.close()
        else:
            self.reused = True
            self.pool.put(self)

    def close(self) -> None:
        self.pool.lost(self)
        self.transport.close()

    def abort(self) -> None:
        self.pool.lost(self)
        self.transport.abort()

    # asyncio's callbacks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport = cast("asyncio.Transport", transport)
        self.gone = self.loop.create_future()

    def data_received(self, data: bytes) -> None:
        response = self.response
        if response is None:
            self.abort()  # Nobody has asked: what came could pass for the answer to the next request.
            return
        response.answered = True
        response.fruitless_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            response.fail(httpx.RemoteProtocolError(f"the server's response is malformed: {error}"))
            return
        self.settle(response)

    def settle(self, response: LeanResponse) -> None:
        """What to do now that the parser has seen more."""
        if response.status == 101:
            response.reject("the server switched protocols without being asked to")
        elif max(response.head_bytes, response.fruitless_bytes) > self.max_head_bytes:
            response.reject(f"the response's head is over {self.max_head_bytes} bytes")
        elif response.complete:
            self.finish(response)
        elif response.unread > UNREAD_BYTES and not self.paused:
            self.paused = True
            self.transport.pause_reading()

    def pause_writing(self) -> None:
        self.choked = True

    def resume_writing(self) -> None:
        self.choked = False
        if self.drained is not None and not self.drained.done():
            self.drained.set_result(None)

    def eof_received(self) -> None:
        self.ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended(exc)
        self.alarm.cancel()
        self.gone.set_result(None)

    def ended(self, exc: Exception | None) -> None:
        response, self.response = self.response, None
        if response is None:
            self.abort()
            return
        self.unanswered = not response.answered
        if exc is None and response.ends_with_connection:
            response.complete = True
            response.fail(httpx.StreamClosed())
        else:
            response.fail(self.loss(response, exc))

    def loss(self, response: LeanResponse, exc: Exception | None) -> httpx.TransportError:
        if self.sending:
            return httpx.WriteError(f"the connection was lost while the request was sent: {exc or 'closed'}")
        if exc is not None:
            return httpx.ReadError(f"the connection was lost: {exc}")
        when = "in the middle of its response" if response.answered else "without a response"
        return httpx.RemoteProtocolError(f"the server closed the connection {when}")
