"""The one deadline of a judgement, carried through everything that is done for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Deadline:
    """Moments of the monotonic clock: when the judgement began and when it is due."""

    started: float
    due: float

    @classmethod
    def within(cls, seconds: float) -> Deadline:
        now = monotonic()
        return cls(now, now + seconds)

    @property
    def left(self) -> float:
        return max(0.0, self.due - monotonic())

    @property
    def passed(self) -> float:
        return monotonic() - self.started

    def share(self, part: float) -> Deadline:
        """A deadline at this part of what is left: for a step after which another is to have its chance."""
        return Deadline(self.started, monotonic() + self.left * part)

    def timeout(self) -> asyncio.Timeout:
        return asyncio.timeout(self.left)
