"""When to leave an endpoint alone: a circuit breaker's states, with a clock from outside. Pure.

closed ──failures──► open ──cool-down──► half open: one call is tried ──it answers──► closed
                       ▲                                └──it fails──► open, for twice as long
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal

State = Literal["closed", "half_open", "open"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What opens a circuit: failures in a row, or a share of at least `enough` calls within `window` seconds. And for
    how long: `cooldown` seconds, twice as long each time that the tried call fails, `longest` at most.
    """

    in_a_row: int = 5
    share: float = 0.5
    enough: int = 20
    window: float = 10.0
    cooldown: float = 1.0
    longest: float = 30.0


class Circuit:
    """Who wants to call asks with `enter`, and says with the ticket that it got what came of the call, once.

    A ticket is of the period in which it was given: what a call from before the circuit opened comes to later says
    nothing about whether the endpoint is up again.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = monotonic) -> None:
        self.limits = limits
        self.clock = clock
        self.period = 0
        self.until: float | None = None
        self.tried = False
        self.cooldown = limits.cooldown
        self.forget()

    @property
    def state(self) -> State:
        if self.until is None:
            return "closed"
        return "half_open" if self.tried else "open"

    @property
    def retry_after(self) -> float:
        """In how many seconds it is worth asking again."""
        if self.until is None:
            return 0.0
        left = self.until - self.clock()
        return self.limits.cooldown if left <= 0 else left

    def enter(self) -> int | None:
        """A ticket for one call; None when it must not be made."""
        if self.until is not None:
            if self.tried or self.clock() < self.until:
                return None
            self.tried = True
        return self.period

    def answered(self, ticket: int) -> None:
        """The endpoint answered, whatever it said."""
        if ticket != self.period:
            return
        if self.until is None:
            self.row = 0
            self.count(failed=False)
            return
        self.period += 1
        self.until, self.tried, self.cooldown = None, False, self.limits.cooldown
        self.forget()

    def failed(self, ticket: int) -> None:
        if ticket != self.period:
            return
        if self.until is not None:
            self.cooldown = min(2 * self.cooldown, self.limits.longest)
            self.open()
            return
        self.row += 1
        self.count(failed=True)
        if self.row >= self.limits.in_a_row or self.too_many:
            self.open()

    def abandoned(self, ticket: int) -> None:
        """The call was given up by us: it says nothing, and another may be tried."""
        if ticket == self.period:
            self.tried = False

    def open(self) -> None:
        self.period += 1
        self.until, self.tried = self.clock() + self.cooldown, False

    def forget(self) -> None:
        self.row = self.failures = 0
        self.recent: deque[tuple[float, bool]] = deque()

    def count(self, *, failed: bool) -> None:
        now = self.clock()
        self.recent.append((now, failed))
        self.failures += failed
        while self.recent[0][0] < now - self.limits.window:
            self.failures -= self.recent.popleft()[1]

    @property
    def too_many(self) -> bool:
        return len(self.recent) >= self.limits.enough and self.failures >= self.limits.share * len(self.recent)
