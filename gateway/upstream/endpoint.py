"""One OpenAI-compatible service, guardian or upstream: its URL, its key, and the transport that reaches it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import httpx

Header = tuple[bytes, bytes]


class Response:
    """A response whose body has not been read: its status, its raw headers, and its bytes as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.headers: list[Header] = response.headers.raw

    def chunks(self) -> AsyncIterator[bytes]:
        return aiter(self.response.stream)  # type: ignore[arg-type]

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def aclose(self) -> None:
        await self.response.aclose()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Sends to `base_url` + path. Raises httpx.TransportError and its kinds."""

    base_url: httpx.URL
    transport: httpx.AsyncBaseTransport
    timeout: dict[str, float]
    authorization: bytes | None = None

    async def send(
        self, method: str, path: str, headers: Iterable[Header], body: bytes = b"", query: bytes = b""
    ) -> Response:
        url = self.base_url.copy_with(
            raw_path=self.base_url.raw_path + path.encode() + (b"?" + query if query else b"")
        )
        own = [(b"host", url.netloc), *headers]
        if self.authorization is not None:
            own.append((b"authorization", self.authorization))
        if method != "GET":
            own.append((b"content-length", b"%d" % len(body)))
        request = httpx.Request(method, url, headers=own, content=body, extensions={"timeout": self.timeout})
        return Response(await self.transport.handle_async_request(request))

    async def aclose(self) -> None:
        await self.transport.aclose()
