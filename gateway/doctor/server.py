"""A model server over HTTP, asked directly: what it answers, not what the gateway makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import orjson

SECONDS = 60.0


class Refused(Exception):
    """A question that the server does not answer; its message says how it refused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. `json` is empty where its body is no JSON object."""

    status: int
    body: bytes
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def choice(self) -> dict[str, Any]:
        """The first choice of a completion."""
        choices = self.json.get("choices") or [{}]
        found: dict[str, Any] = choices[0]
        return found

    @property
    def complaint(self) -> str:
        error = self.json.get("error")
        told = error.get("message") if isinstance(error, dict) else error
        return f"status {self.status}" + (f": {told}" if told else "")

    def answered(self) -> Answer:
        """Itself; raises Refused when it is an error."""
        if self.status != 200:
            raise Refused(self.complaint)
        return self


@dataclass(frozen=True, slots=True)
class Server:
    """Paths are from the root: `/v1/models`, `/health`. Raises httpx.TransportError."""

    root: str
    key: str | None
    client: httpx.AsyncClient

    async def get(self, path: str, *, with_key: bool = True) -> Answer:
        return await self.send("GET", path, headers=self.headers(with_key=with_key))

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return await self.send("POST", path, json=dict(body), headers=self.headers())

    async def send(self, method: str, path: str, **more: Any) -> Answer:
        began = monotonic()
        response = await self.client.request(method, self.root + path, **more)
        return Answer(response.status_code, response.content, monotonic() - began)

    @asynccontextmanager
    async def streamed(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[float]:
        """A stream that has begun, open within the block: the seconds to its first piece."""
        began = monotonic()
        wanted = {**body, "stream": True}
        async with self.client.stream("POST", self.root + path, json=wanted, headers=self.headers()) as response:
            first = await anext(response.aiter_raw(), b"")
            if response.status_code != 200 or first.startswith(b'data: {"error"'):
                raise Refused(f"status {response.status_code}" if response.status_code != 200 else "an error event")
            yield monotonic() - began

    def headers(self, *, with_key: bool = True) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} if self.key is not None and with_key else {}


@asynccontextmanager
async def open_server(base_url: str, key: str | None) -> AsyncIterator[Server]:
    """By its base URL, with `/v1` or without. Proxies of the environment are not used: the gateway uses none."""
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
        yield Server(base_url.rstrip("/").removesuffix("/v1"), key, client)
