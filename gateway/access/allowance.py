"""How much a tenant may ask: so many requests in a time, so many at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SECONDS: Mapping[str, int] = MappingProxyType({"second": 1, "minute": 60, "hour": 3600, "day": 86_400})
RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)")


@dataclass(frozen=True, slots=True)
class Rate:
    """`requests` within `seconds`."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one tenant may do. `rates` have the shortest time first: what one refuses does not count in those behind
    it. `concurrency` is None where it is not limited.
    """

    rates: tuple[Rate, ...] = ()
    concurrency: int | None = None


UNLIMITED = Allowance()


@dataclass(frozen=True, slots=True)
class Allowances:
    """By tenant; `default` is for those that have no entry."""

    default: Allowance = UNLIMITED
    tenants: Mapping[str, Allowance] = field(default_factory=dict)

    def of(self, tenant: str) -> Allowance:
        return self.tenants.get(tenant, self.default)


NO_LIMITS = Allowances()


def rate(text: str) -> Rate | None:
    """`60/minute`; None for what is none."""
    found = RATE.fullmatch(text)
    return Rate(int(found[1]), SECONDS[found[2]]) if found else None
