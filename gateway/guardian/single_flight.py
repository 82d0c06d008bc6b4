"""Identical questions that are asked at the same time share one call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from gateway.guardian.deadline import Deadline
from gateway.types import GuardianError, Outcome


@dataclass(eq=False, slots=True)
class Flight:
    """A question that is being asked. `outcome` stays None when who asked it went away; who joins makes `ended`."""

    outcome: Outcome | None = None
    ended: asyncio.Event | None = None

    def wait(self) -> asyncio.Event:
        self.ended = self.ended or asyncio.Event()
        return self.ended


@dataclass(frozen=True, slots=True)
class Flights:
    """The questions under way, by their keys.

    Who came first asks, in its own task, so that its going cancels the call and no task is made for a question that
    nobody shares. When it goes, the next in line asks instead. What the guardian goes on to say is the first one's.
    """

    under_way: dict[bytes, Flight] = field(default_factory=dict)

    async def join(self, key: bytes, deadline: Deadline) -> Outcome | None:
        """What came of the question, where it is being asked; None when it is for the caller to ask. Raises
        TimeoutError.

        The first of them may have had less time than the caller, so its time-out is not the caller's.
        """
        while (flight := self.under_way.get(key)) is not None:
            async with deadline.timeout():
                await flight.wait().wait()
            outcome = flight.outcome
            if outcome is None or (isinstance(outcome, GuardianError) and outcome.kind == "timeout"):
                continue
            return outcome
        return None

    def begin(self, key: bytes) -> Flight:
        flight = self.under_way[key] = Flight()
        return flight

    def end(self, key: bytes) -> None:
        """Whatever came of it."""
        ended = self.under_way.pop(key).ended
        if ended is not None:
            ended.set()
