"""A cheap guardian first; what it is not sure of goes to a larger one."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.guardian.deadline import Deadline
from gateway.guardian.fallback import said_for
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.responding import first_answer
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import Meter
from gateway.types import GuardianError, Passage, Verdict

FORCED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Band:
    """The scores that are uncertain, both ends included."""

    low: float
    high: float

    def holds(self, verdict: Verdict) -> bool:
        """So is what the guardian calls controversial itself, and what it gives no score for."""
        return verdict.label == "controversial" or verdict.score is None or self.low <= verdict.score <= self.high


@dataclass(frozen=True, slots=True)
class Cascade:
    """Where `first` is uncertain `larger` decides: its verdict counts, and its failure too, as an uncertain verdict is
    not one to act on. `larger` is closed by the guardian that it is.
    """

    name: str
    first: Source
    larger: Source
    band: Band
    meter: Meter

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        judgement = await self.first.ask(passage, deadline)
        if isinstance(judgement.outcome, GuardianError) or not self.band.holds(judgement.outcome):
            return judgement
        await judgement.aclose()
        second = said_for(self.name, await self.larger.ask(passage, deadline))
        self.meter.escalated("failed" if isinstance(second.outcome, GuardianError) else "verdict")
        return second

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await first_answer((self.first, self.larger), passage, deadline, FORCED_SHARE)

    async def aclose(self) -> None:
        await self.first.aclose()
