"""What a running gateway holds of keys and limits."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.access.limiter import Limiter
from gateway.access.ring import KeyRing


@dataclass(frozen=True, slots=True)
class Access:
    """The keys in force, and what their tenants have asked for."""

    ring: KeyRing
    limiter: Limiter

    async def aclose(self) -> None:
        await self.limiter.aclose()
