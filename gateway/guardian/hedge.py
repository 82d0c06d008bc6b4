"""A second, identical call when the first one is slow: the first verdict of the two counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement, drop
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import Meter
from gateway.types import GuardianError, Passage

SAVED = 10.0
"""How many second calls a quiet time can save up for a slow one."""
Call = asyncio.Task[Judgement]


class Budget:
    """Every call earns a `share` of a second one, so that when all are slow they are not all made twice."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.saved = 0.0

    def earn(self) -> None:
        self.saved = min(SAVED, self.saved + self.share)

    def spend(self) -> bool:
        if self.saved < 1.0:
            return False
        self.saved -= 1.0
        return True


class Hedged:
    """Asks `source` again when it has not answered after so many seconds. The call that is too late is cancelled, and
    its connection closed.
    """

    def __init__(self, source: Source, *, after: float, budget: Budget, meter: Meter) -> None:
        self.source = source
        self.after = after
        self.budget = budget
        self.meter = meter

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        self.budget.earn()
        calls = [asyncio.ensure_future(self.source.ask(passage, deadline))]
        try:
            await asyncio.wait(calls, timeout=self.after)
            if not calls[0].done() and self.granted():
                calls.append(asyncio.ensure_future(self.source.ask(passage, deadline)))
            chosen = await first_verdict(calls)
        except BaseException:
            await drop(calls)
            raise
        if len(calls) > 1:
            self.meter.hedged("won" if chosen is calls[1] else "lost")
            await self.settle(chosen, calls)
        return chosen.result()

    async def settle(self, chosen: Call, calls: Sequence[Call]) -> None:
        try:
            await drop([call for call in calls if call is not chosen])
        except BaseException:
            await chosen.result().aclose()
            raise

    def granted(self) -> bool:
        granted = self.budget.spend()
        if not granted:
            self.meter.hedged("refused")
        return granted

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await self.source.forced(passage, deadline)

    async def aclose(self) -> None:
        await self.source.aclose()


async def first_verdict(calls: Sequence[Call]) -> Call:
    """The first call that is done and gave a verdict; the first one when none did."""
    pending = set(calls)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for call in calls:
            if call in done and not isinstance(call.result().outcome, GuardianError):
                return call
    return calls[0]
