"""Rate limits that replicas and workers count together, in Valkey. While it is slow or gone, each process counts by
itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from gateway.access.allowance import Rate
from gateway.access.window import Count, Standing, standing
from gateway.errors import ConfigurationError
from gateway.patience import Patience

PREFIX = "guardian-gateway:limits"
AT_ONCE = 256
"""More questions at the same time are not asked."""


class Store(Protocol):
    """What is used of the library `limits`: its scripts count and look in one step each, on the server's clock."""

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int) -> bool: ...

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]: ...


class Client(Protocol):
    """The connections below it."""

    def ping(self) -> Awaitable[object]: ...

    async def aclose(self) -> None: ...


class SharedCounters:
    """After one failure nobody asks until it answers again."""

    def __init__(self, store: Store, client: Client, failed: Callable[[], None]) -> None:
        self.store = store
        self.client = client
        self.patience = Patience("limit_store", client.ping, failed)
        self.asking = 0

    async def hit(self, tenant: str, rate: Rate) -> Standing | None:
        """Counts a request, if there is room for it. None when the store does not say."""
        if self.patience.resting or self.asking >= AT_ONCE:
            return None
        self.asking += 1
        try:
            return await self.patience.answered(self.ask(tenant, rate))
        finally:
            self.asking -= 1

    async def ask(self, tenant: str, rate: Rate) -> Standing:
        key = f"{tenant}/{rate.seconds}"
        admitted = await self.store.acquire_sliding_window_entry(key, rate.requests, rate.seconds)
        return standing(rate, Count(*await self.store.get_sliding_window(key, rate.seconds)), admitted=admitted)

    async def aclose(self) -> None:
        await self.patience.aclose()
        await self.client.aclose()


def open_shared(url: str, failed: Callable[[], None]) -> SharedCounters:
    """It connects when it is first asked."""
    try:
        from limits.aio.storage import RedisStorage
        from valkey.asyncio import ConnectionPool, Valkey
    except ImportError:
        raise ConfigurationError(
            "`GATEWAY_ACCESS__URL` needs the extra `valkey`: pip install 'guardian-gateway[valkey]'"
        ) from None
    try:
        pool: Any = ConnectionPool.from_url(url, max_connections=2 * AT_ONCE + 1)
    except ValueError as error:
        raise ConfigurationError(f"setting `GATEWAY_ACCESS__URL`: {error}") from None
    store = RedisStorage("async+valkey://", key_prefix=PREFIX, connection_pool=pool)
    return SharedCounters(store, Valkey.from_pool(pool), failed)
