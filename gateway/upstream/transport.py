"""The client of the hot path: HTTP/1.1 on asyncio and httptools, under httpx's transport seam or called by `send`.

What is sent again: a request on a kept connection that the server closed without a byte of answer, once, when it may
be repeated: its method is idempotent (RFC 9110, 9.2.2) or the caller says so, and its body is at hand. That the
connection died does not prove that the server did not act on the request, so a POST is not repeated by itself. A close
that arrived before the request was written is seen first (`Connection.usable`), and then nothing was sent at all.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterable, Iterable
from typing import cast

import httpx

from gateway.upstream.connection_pool import ConnectionPool, Origin
from gateway.upstream.headers import Header
from gateway.upstream.http1 import Upload
from gateway.upstream.response import LeanResponse

__all__ = ["LeanResponse", "LeanTransport", "Origin"]

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TARGET = re.compile(rb"[\x21-\x7e]+")
UNCLEAN = re.compile(rb"[\x00\r\n]")
IDEMPOTENT = frozenset({b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"})
BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
FRAMING = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})
KNOWN_NAMES = 1024
DEFAULT_TIMEOUT = httpx.Timeout(5.0)


class LeanTransport(httpx.AsyncBaseTransport):
    """A pool of connections and two ways to send over it. Raises httpx's own exceptions, all of them TransportError.

    `idle_seconds` is best below the server's own limit (uvicorn, hence vLLM: 5), so that it is we who close first.
    """

    def __init__(
        self,
        *,
        max_connections: int = 100,
        idle_seconds: float = 4.0,
        ssl_context: ssl.SSLContext | None = None,
        max_head_bytes: int = 65536,
    ) -> None:
        self.pool = ConnectionPool(
            max_connections, idle_seconds=idle_seconds, ssl_context=ssl_context, max_head_bytes=max_head_bytes
        )
        self.names: set[bytes] = set()

    async def send(
        self,
        origin: Origin,
        method: bytes,
        target: bytes,
        headers: Iterable[Header],
        body: bytes = b"",
        timeouts: httpx.Timeout = DEFAULT_TIMEOUT,
        *,
        idempotent: bool | None = None,
    ) -> LeanResponse:
        """The response, begun. Writes `host` and `content-length` itself; the caller's own are refused.

        `target` is the path and query as they go on the wire. `idempotent` lets a POST be sent again, as told above.
        """
        own = [(b"host", origin.authority)]
        if body or method not in BODILESS:
            own.append((b"content-length", b"%d" % len(body)))
        head = self.head(method, target, [*own, *headers], own=len(own))
        return await self.exchange(origin, method, head, body, timeouts, idempotent=idempotent)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """httpx's seam. Extensions: `timeout`, `sni_hostname`, and `idempotent`."""
        method = request.method.encode("ascii")
        origin = Origin.of(request.url, request.extensions.get("sni_hostname"))
        timeouts = httpx.Timeout(None, **request.extensions.get("timeout", {}))
        headers = request.headers.raw
        head = self.head(method, request.url.raw_path, headers, own=len(headers))
        response = await self.exchange(
            origin, method, head, framed(request), timeouts, idempotent=request.extensions.get("idempotent")
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=response, extensions={"http_version": b"HTTP/1.1"}
        )

    async def exchange(
        self,
        origin: Origin,
        method: bytes,
        head: bytes,
        body: bytes | Upload,
        timeouts: httpx.Timeout,
        *,
        idempotent: bool | None,
    ) -> LeanResponse:
        connection = self.pool.take(origin) or await self.pool.open(origin, timeouts)
        reused, bodiless = connection.reused, method == b"HEAD"
        try:
            return await connection.exchange(head, body, timeouts, bodiless=bodiless)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            repeatable = isinstance(body, bytes) and (method in IDEMPOTENT if idempotent is None else idempotent)
            if not (reused and connection.unanswered and repeatable):
                raise
        connection = await self.pool.open(origin, timeouts)
        return await connection.exchange(head, body, timeouts, bodiless=bodiless)

    def head(self, method: bytes, target: bytes, headers: Iterable[Header], *, own: int) -> bytes:
        """The request's head. Only the first `own` headers may frame the message; none can break its line."""
        if not TARGET.fullmatch(target) or not TOKEN.fullmatch(method):
            raise httpx.LocalProtocolError("the request's method or target has a character that HTTP does not allow")
        lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
        for name, value in headers:
            if len(lines) > own and name.lower() in FRAMING:
                raise httpx.LocalProtocolError(f"the transport writes `{name.decode('latin-1')}` itself: leave it out")
            if name not in self.names:
                self.learn(name)
            lines.append(b"%b: %b\r\n" % (name, value))
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            raise httpx.LocalProtocolError(f"header `{unclean(headers)}` has a line break or NUL in its value")
        return head + b"\r\n"

    def learn(self, name: bytes) -> None:
        """Header names are checked once, then known."""
        if not TOKEN.fullmatch(name):
            raise httpx.LocalProtocolError(f"{name!r} is not the name of a header")
        if len(self.names) >= KNOWN_NAMES:
            self.names.clear()
        self.names.add(name)

    async def aclose(self) -> None:
        await self.pool.aclose()


def unclean(headers: Iterable[Header]) -> str:
    return next((name.decode("latin-1") for name, value in headers if UNCLEAN.search(value)), "?")


def framed(request: httpx.Request) -> bytes | Upload:
    """The body as its headers frame it. A request that says its length twice, or wrongly, is not sent."""
    lengths = request.headers.get_list("content-length")
    codings = request.headers.get_list("transfer-encoding")
    if (lengths and codings) or len(lengths) > 1 or codings not in ([], ["chunked"]):
        raise httpx.LocalProtocolError("the body needs one `content-length` or `transfer-encoding: chunked`")
    if lengths and not re.fullmatch(r"[0-9]{1,18}", lengths[0]):
        raise httpx.LocalProtocolError("`content-length` is not a number")
    length = int(lengths[0]) if lengths else None
    if not isinstance(request.stream, httpx.ByteStream):
        if length is None and not codings:
            raise httpx.LocalProtocolError("a streamed body needs `content-length` or `transfer-encoding: chunked`")
        return Upload(aiter(cast("AsyncIterable[bytes]", request.stream)), length)
    body = request.content
    if codings:
        return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    if len(body) != (length or 0):
        raise httpx.LocalProtocolError(f"`content-length` is {length}, but the body has {len(body)} bytes")
    return body
