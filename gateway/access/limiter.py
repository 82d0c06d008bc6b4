"""What a tenant has asked for lately and has under way, against what it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.access.allowance import Allowance, Rate
from gateway.access.shared import SharedCounters
from gateway.access.window import Counters, Standing


class Limiter:
    """`running` counts the requests of this process that are under way, by tenant. Rates are counted in the shared
    store where there is one that answers, else here.
    """

    def __init__(self, shared: SharedCounters | None = None) -> None:
        self.shared = shared
        self.local = Counters()
        self.running: dict[str, int] = {}

    def full(self, tenant: str, allowance: Allowance) -> bool:
        return allowance.concurrency is not None and self.running.get(tenant, 0) >= allowance.concurrency

    @contextmanager
    def carrying(self, tenant: str) -> Iterator[None]:
        """Counts one request while the block runs."""
        self.running[tenant] = self.running.get(tenant, 0) + 1
        try:
            yield
        finally:
            self.running[tenant] -= 1
            if not self.running[tenant]:
                del self.running[tenant]

    async def count(self, tenant: str, allowance: Allowance) -> Standing | None:
        """How the tenant stands with the rate that refuses the request, else with the one that has the least left."""
        tightest: Standing | None = None
        for rate in allowance.rates:
            one = await self.hit(tenant, rate)
            if not one.admitted:
                return one
            if tightest is None or one.remaining < tightest.remaining:
                tightest = one
        return tightest

    async def hit(self, tenant: str, rate: Rate) -> Standing:
        told = None if self.shared is None else await self.shared.hit(tenant, rate)
        return self.local.hit(tenant, rate) if told is None else told

    async def aclose(self) -> None:
        if self.shared is not None:
            await self.shared.aclose()
