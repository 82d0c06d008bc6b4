"""Identical questions that are asked at the same time share one call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from gateway.guardian.deadline import Deadline
from gateway.guardian.judgement import Judgement
from gateway.types import GuardianError, Outcome


class Flight:
    """A question that is being asked. `outcome` stays None when who asked it went away."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.outcome: Outcome | None = None


class Flights:
    """The questions under way, by their keys.

    Who came first asks, in its own task, so that its going cancels the call and no task is made for a question that
    nobody shares. When it goes, the next in line asks instead.
    """

    def __init__(self) -> None:
        self.under_way: dict[bytes, Flight] = {}

    async def join(self, key: bytes, deadline: Deadline) -> Outcome | None:
        """What came of the question, where it is being asked; None when it is for the caller to ask. Raises
        TimeoutError.

        The first of them may have had less time than the caller, so its time-out is not the caller's.
        """
        while (flight := self.under_way.get(key)) is not None:
            async with deadline.timeout():
                await flight.ended.wait()
            outcome = flight.outcome
            if outcome is None or (isinstance(outcome, GuardianError) and outcome.kind == "timeout"):
                continue
            return outcome
        return None

    async def lead(self, key: bytes, asked: Awaitable[Judgement]) -> Judgement:
        """Asks, for all who join meanwhile. What the guardian goes on to say is the caller's alone."""
        flight = self.under_way[key] = Flight()
        try:
            judgement = await asked
            flight.outcome = judgement.outcome
            return judgement
        finally:
            del self.under_way[key]
            flight.ended.set()
