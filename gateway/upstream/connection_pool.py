"""Connections by origin, kept for the next request: last in, first out, so that the rest grow old and are closed."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import NamedTuple

import httpx

from gateway.upstream.http1 import Connection

TLS_CLOSE_SECONDS = 1.0


class Origin(NamedTuple):
    """Where requests go. `authority` is the `host` header; `server_name` is what TLS asks for and verifies."""

    host: str
    port: int
    tls: bool
    authority: bytes
    server_name: str

    @classmethod
    def of(cls, url: httpx.URL, server_name: str | None = None) -> Origin:
        if url.scheme not in ("http", "https") or not url.host:
            raise httpx.UnsupportedProtocol(f"`{url}` is no http:// or https:// address")
        tls = url.scheme == "https"
        return cls(url.host, url.port or (443 if tls else 80), tls, url.netloc, server_name or url.host)


class ConnectionPool:
    """At most `size` connections, all origins together. Who finds none free waits in turn.

    A connection is in one of three hands: idle here, carrying an exchange, or on its way to the first in the queue.
    `taken` counts them all, those being made included; `lost` gives a place back, once.
    """

    def __init__(
        self, size: int, *, idle_seconds: float, ssl_context: ssl.SSLContext | None, max_head_bytes: int
    ) -> None:
        self.size = size
        self.idle_seconds = idle_seconds
        self.ssl_context = ssl_context
        self.max_head_bytes = max_head_bytes
        self.idle: dict[Origin, list[Connection]] = {}
        self.connections: set[Connection] = set()
        self.taken = 0
        self.queue: deque[tuple[Origin, asyncio.Future[Connection | None]]] = deque()
        self.sweeper: asyncio.TimerHandle | None = None
        self.closed = False

    def take(self, origin: Origin) -> Connection | None:
        """The idle connection that was used last, if any. Those that the server has closed are dropped on the way."""
        idle = self.idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.usable(connection.loop.time() - self.idle_seconds):
                return connection
            connection.close()
        return None

    async def open(self, origin: Origin, timeouts: httpx.Timeout) -> Connection:
        """A new connection, or one that comes free while all places are taken."""
        if self.taken < self.size or self.evict():
            self.taken += 1
        else:
            freed = await self.turn(origin, timeouts.pool)
            if freed is not None:
                return freed
        try:
            self.refuse_when_closed()
            connection = await self.connect(origin, timeouts.connect)
        except BaseException:
            self.free_place()
            raise
        self.connections.add(connection)
        return connection

    def refuse_when_closed(self) -> None:
        if self.closed:
            raise RuntimeError("the transport is closed: nothing can be sent any more")

    async def turn(self, origin: Origin, seconds: float | None) -> Connection | None:
        """Waits for a connection that came free, or (None) for a place to make one."""
        ticket: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self.queue.append((origin, ticket))
        try:
            async with asyncio.timeout(seconds):
                return await ticket
        except BaseException as error:
            if ticket.done() and not ticket.cancelled() and ticket.exception() is None:
                self.return_ticket(ticket.result())
            if isinstance(error, TimeoutError):
                raise httpx.PoolTimeout(f"all {self.size} connections are busy") from None
            raise

    def return_ticket(self, given: Connection | None) -> None:
        if given is None:
            self.free_place()
        else:
            self.put(given)

    async def connect(self, origin: Origin, seconds: float | None) -> Connection:
        where = f"{origin.host}:{origin.port}"
        try:
            async with asyncio.timeout(seconds):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self, origin, max_head_bytes=self.max_head_bytes),
                    origin.host,
                    origin.port,
                    ssl=self.tls() if origin.tls else None,
                    server_hostname=origin.server_name if origin.tls else None,
                    ssl_shutdown_timeout=TLS_CLOSE_SECONDS if origin.tls else None,
                )
        except TimeoutError:
            raise httpx.ConnectTimeout(f"`{where}` did not answer in time") from None
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"cannot connect to `{where}`: {error}") from error
        if self.closed:
            connection.abort()
            self.refuse_when_closed()
        return connection

    def tls(self) -> ssl.SSLContext:
        if self.ssl_context is None:
            self.ssl_context = httpx.create_ssl_context()
            self.ssl_context.set_alpn_protocols(["http/1.1"])
        return self.ssl_context

    def put(self, connection: Connection) -> None:
        """Takes back a connection that can be used again: it goes to the first in the queue, else it stays idle."""
        while self.queue:
            origin, ticket = self.queue[0]
            if ticket.done():
                self.queue.popleft()
            elif origin == connection.origin:
                self.queue.popleft()
                ticket.set_result(connection)
                return
            else:
                connection.close()
                return
        connection.idle_since = connection.loop.time()
        self.idle.setdefault(connection.origin, []).append(connection)
        if self.sweeper is None:
            self.sweeper = connection.loop.call_later(self.idle_seconds, self.sweep)

    def lost(self, connection: Connection) -> None:
        """The connection is closed, or about to be. May be called again."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        idle = self.idle.get(connection.origin, [])
        if connection in idle:
            idle.remove(connection)
        self.free_place()

    def free_place(self) -> None:
        while self.queue:
            _, ticket = self.queue.popleft()
            if not ticket.done():
                ticket.set_result(None)
                return
        self.taken -= 1

    def evict(self) -> bool:
        """Makes room by closing the connection that has been idle longest, of whatever origin."""
        oldest = min((idle[0] for idle in self.idle.values() if idle), key=lambda one: one.idle_since, default=None)
        if oldest is not None:
            oldest.close()
        return oldest is not None

    def sweep(self) -> None:
        """Closes what has been idle for too long, and comes again when the next one will have been."""
        self.sweeper = None
        loop = asyncio.get_running_loop()
        for connection in [one for idle in self.idle.values() for one in idle]:
            if connection.idle_since <= loop.time() - self.idle_seconds:
                connection.close()
        left = [idle[0].idle_since for idle in self.idle.values() if idle]
        if left:
            self.sweeper = loop.call_at(min(left) + self.idle_seconds, self.sweep)

    async def aclose(self) -> None:
        """Closes what is idle, aborts what is not, and waits until the sockets are gone."""
        self.closed = True
        if self.sweeper is not None:
            self.sweeper.cancel()
            self.sweeper = None
        connections = list(self.connections)
        for connection in connections:
            if connection.response is None:
                connection.close()
            else:
                connection.response.fail(httpx.ReadError("the transport was closed"))
        if connections:
            await asyncio.wait([connection.gone for connection in connections], timeout=TLS_CLOSE_SECONDS)
