"""Verdicts that replicas share, in Valkey. A slow or a dead one is a miss: it never holds a query up, nor fails it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import time
from typing import Protocol

from gateway.errors import ConfigurationError
from gateway.guardian.sealed import Seal
from gateway.patience import Patience
from gateway.types import Verdict

AT_ONCE = 64
"""More questions at the same time are misses."""


class Store(Protocol):
    """What is used of the client."""

    def get(self, name: bytes) -> Awaitable[object]: ...

    def set(self, name: bytes, value: bytes, *, px: int) -> Awaitable[object]: ...

    def ping(self) -> Awaitable[object]: ...

    async def aclose(self) -> None: ...


class SharedVerdicts:
    """After one failure nobody asks until it answers again."""

    def __init__(self, store: Store, seal: Seal, failed: Callable[[], None]) -> None:
        self.store = store
        self.seal = seal
        self.patience = Patience("verdict_cache", store.ping, failed)
        self.writing: set[asyncio.Task[None]] = set()
        self.reading = 0

    async def get(self, key: bytes) -> tuple[Verdict, float] | None:
        """The verdict and how many seconds it is still good for."""
        if self.patience.resting or self.reading >= AT_ONCE:
            return None
        self.reading += 1
        try:
            return self.seal.opened(key, await self.patience.answered(self.store.get(key)), time())
        finally:
            self.reading -= 1

    def put(self, key: bytes, verdict: Verdict, seconds: float) -> None:
        """Behind the query's back."""
        if self.patience.resting or len(self.writing) >= AT_ONCE:
            return
        value = self.seal.sealed(key, verdict, time() + seconds)
        task = asyncio.ensure_future(self.write(key, value, int(seconds * 1000)))
        self.writing.add(task)
        task.add_done_callback(self.writing.discard)

    async def write(self, key: bytes, value: bytes, milliseconds: int) -> None:
        await self.patience.answered(self.store.set(key, value, px=milliseconds))

    async def aclose(self) -> None:
        await self.patience.aclose(*self.writing)
        await self.store.aclose()


def open_store(url: str) -> Store:
    """A client that connects when it is first asked."""
    try:
        from valkey.asyncio import Valkey
    except ImportError:
        raise ConfigurationError(
            "`GATEWAY_CACHE__URL` needs the extra `valkey`: pip install 'guardian-gateway[valkey]'"
        ) from None
    try:
        store: Store = Valkey.from_url(url, max_connections=2 * AT_ONCE + 1)
    except ValueError as error:
        raise ConfigurationError(f"setting `GATEWAY_CACHE__URL`: {error}") from None
    return store
