"""One HTTP/1.1 connection. It carries one exchange at a time; nothing is pipelined."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools
import httpx

from gateway.upstream.response import LeanResponse

if TYPE_CHECKING:
    from gateway.upstream.connection_pool import ConnectionPool, Origin

UNREAD_BYTES = 256 * 1024
"""A response that holds more than this unread stops reading from its socket until its consumer has taken it."""


class Upload(NamedTuple):
    """A request body that is read while it is sent: framed in chunks, or of a `length` that its head has promised."""

    pieces: AsyncIterator[bytes]
    length: int | None


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
        if response.flaw is not None:
            response.reject(response.flaw)
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
