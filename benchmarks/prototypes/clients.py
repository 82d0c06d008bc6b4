"""One way to ask, over each HTTP client."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Protocol

import httpx

from gateway.upstream.headers import Header
from gateway.upstream.transport import LeanTransport, Origin

CONNECTIONS = 512
SECONDS = 60.0


class Answer(NamedTuple):
    status: int
    kind: str
    pieces: AsyncIterator[bytes]


class Client(Protocol):
    async def open(self, path: str, headers: list[Header], body: bytes) -> Answer: ...


class LeanSend:
    """`LeanTransport.send`."""

    def __init__(self, base: str) -> None:
        self.transport = LeanTransport(max_connections=CONNECTIONS)
        self.origin = Origin.of(httpx.URL(base))
        self.timeouts = httpx.Timeout(SECONDS)

    async def open(self, path: str, headers: list[Header], body: bytes) -> Answer:
        answer = await self.transport.send(self.origin, b"POST", path.encode(), headers, body, self.timeouts)
        kind = next((value for name, value in answer.headers if name.lower() == b"content-type"), b"")
        return Answer(answer.status, kind.decode(), answer)


class LeanSeam:
    """`LeanTransport.handle_async_request`, without an httpx client."""

    def __init__(self, base: str) -> None:
        self.base = httpx.URL(base)
        self.transport = LeanTransport(max_connections=CONNECTIONS)

    async def open(self, path: str, headers: list[Header], body: bytes) -> Answer:
        url = self.base.copy_with(raw_path=path.encode())
        timeouts = {"connect": SECONDS, "read": SECONDS, "write": SECONDS, "pool": SECONDS}
        request = httpx.Request("POST", url, headers=headers, content=body, extensions={"timeout": timeouts})
        answer = await self.transport.handle_async_request(request)
        return Answer(answer.status_code, answer.headers.get("content-type", ""), answer.aiter_raw())


class Httpx:
    """An AsyncClient of httpx or of its successor, over its own transport or over ours."""

    def __init__(self, base: str, library: str, transport: LeanTransport | None = None) -> None:
        module: Any = importlib.import_module(library)
        limits = module.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self.client = module.AsyncClient(
            base_url=base, timeout=SECONDS, limits=limits, trust_env=False, transport=transport
        )

    async def open(self, path: str, headers: list[Header], body: bytes) -> Answer:
        answer = await self.client.send(
            self.client.build_request("POST", path, headers=headers, content=body), stream=True
        )
        return Answer(answer.status_code, answer.headers.get("content-type", ""), answer.aiter_raw())


class Aiohttp:
    def __init__(self, base: str) -> None:
        self.base = base
        self.session: Any = None

    async def open(self, path: str, headers: list[Header], body: bytes) -> Answer:
        if self.session is None:
            module: Any = importlib.import_module("aiohttp")
            self.session = module.ClientSession(
                connector=module.TCPConnector(limit=CONNECTIONS),
                auto_decompress=False,
                timeout=module.ClientTimeout(total=None, sock_connect=SECONDS, sock_read=SECONDS),
                cookie_jar=module.DummyCookieJar(),
            )
        named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        answer = await self.session.post(self.base + path, data=body, headers=named)
        return Answer(answer.status, answer.headers.get("content-type", ""), answer.content.iter_any())


def client(name: str, base: str) -> Client:
    match name:
        case "lean-send":
            return LeanSend(base)
        case "lean-seam":
            return LeanSeam(base)
        case "lean-client":
            return Httpx(base, "httpx", LeanTransport(max_connections=CONNECTIONS))
        case "httpx" | "httpx2":
            return Httpx(base, name)
        case "aiohttp":
            return Aiohttp(base)
    raise ValueError(f"`CLIENT={name}` is none of lean-send, lean-seam, lean-client, httpx, httpx2, aiohttp")
