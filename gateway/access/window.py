"""A rate limit over a sliding window: the requests of this stretch of time, and those of the last one by how much of
it the window still covers. It allows no burst at the border of two stretches, and keeps two numbers a tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from time import monotonic

from gateway.access.allowance import Rate

LARGEST = 100_000
"""Counters that a process keeps, about 200 bytes each; then the one that was longest without a request goes."""


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted; `previous_left` and `current_left` are the seconds until each counts no more."""

    previous: int
    previous_left: float
    current: int
    current_left: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tenant stands with one rate. `reset` is in how many seconds all of it is there again, `retry` when one more
    request will be let in, if this one was not.
    """

    rate: Rate
    admitted: bool
    remaining: int
    reset: float
    retry: float


def standing(rate: Rate, count: Count, *, admitted: bool) -> Standing:
    share = count.previous_left / rate.seconds if count.previous else 0.0
    remaining = max(0, rate.requests - floor(count.previous * share + count.current))
    reset = count.current_left if count.current else count.previous_left if count.previous else 0.0
    return Standing(rate, admitted, remaining, reset, 0.0 if admitted else retry(rate, count))


def retry(rate: Rate, count: Count) -> float:
    """Until the older requests have left room in this stretch, or, where its own are too many, in the next."""
    room = rate.requests - count.current
    if room > 0 and count.previous:
        return max(0.0, count.previous_left - rate.seconds * room / count.previous)
    border = max(0.0, count.current_left - rate.seconds)
    return border + rate.seconds * max(0.0, 1 - rate.requests / max(1, count.current))


class Counters:
    """The counters of one process, by a clock that nobody sets. No lock and no await: between the look and the count
    nothing else runs.
    """

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int], tuple[int, int, int]] = {}

    def hit(self, tenant: str, rate: Rate, now: float | None = None) -> Standing:
        """Counts a request, if there is room for it."""
        stretch, passed = divmod(monotonic() if now is None else now, rate.seconds)
        then, previous, current = self.counts.pop((tenant, rate.seconds), (0, 0, 0))
        if then != stretch:
            previous, current = (current if then == stretch - 1 else 0), 0
        left = rate.seconds - passed
        admitted = floor(previous * left / rate.seconds + current) < rate.requests
        current += admitted
        self.counts[tenant, rate.seconds] = int(stretch), previous, current
        if len(self.counts) > LARGEST:
            del self.counts[next(iter(self.counts))]
        return standing(rate, Count(previous, left, current, left + rate.seconds), admitted=admitted)
