"""One OpenAI-compatible service, guardian or upstream: its URL, its key, and the transport that reaches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from gateway.upstream.headers import Header
from gateway.upstream.transport import LeanResponse, LeanTransport, Origin

Response = LeanResponse
AUTHORIZATION = "authorization"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Sends to a base URL + path. Every failure is an httpx.TransportError.

    A guardian's endpoint is `idempotent`: asking it again changes nothing, so a question may be repeated when a kept
    connection died.
    """

    origin: Origin
    base_path: bytes
    transport: LeanTransport
    timeouts: httpx.Timeout
    key: Header | None = None
    idempotent: bool | None = None

    async def send(
        self, method: str, path: str, headers: Iterable[Header], body: bytes = b"", query: bytes = b""
    ) -> Response:
        target = self.base_path + path.encode() + (b"?" + query if query else b"")
        own = [] if self.key is None else [self.key]
        return await self.transport.send(
            self.origin,
            method.encode(),
            target,
            [*headers, *own],
            body,
            self.timeouts,
            idempotent=self.idempotent,
        )

    async def aclose(self) -> None:
        await self.transport.aclose()


def open_endpoint(
    base_url: str,
    key: str | None,
    timeouts: httpx.Timeout,
    *,
    connections: int,
    idempotent: bool | None = None,
    header: str = AUTHORIZATION,
) -> Endpoint:
    """An endpoint with a pool of its own. `header` is the one that its key goes in: bare, but as `authorization`."""
    url = httpx.URL(base_url)
    return Endpoint(
        origin=Origin.of(url),
        base_path=url.raw_path.rstrip(b"/"),
        transport=LeanTransport(max_connections=connections),
        timeouts=timeouts,
        key=None if key is None else (header.encode(), (f"Bearer {key}" if header == AUTHORIZATION else key).encode()),
        idempotent=idempotent,
    )
