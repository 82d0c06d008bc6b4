"""Another guardian is asked when the first one fails."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.responding import first_answer
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import Meter
from gateway.types import GuardianError, Passage


@dataclass(frozen=True, slots=True)
class Fallback:
    """Asks `first` within `share` of the time, and `other` in what is left when it gave no verdict, whatever the
    reason. When both fail, the first one's error counts. `other` is closed by the guardian that it is.
    """

    name: str
    first: Source
    other: Source
    share: float
    meter: Meter

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        judgement = await self.first.ask(passage, deadline.share(self.share))
        if not isinstance(judgement.outcome, GuardianError):
            return judgement
        second = await self.other.ask(passage, deadline)
        if isinstance(second.outcome, GuardianError):
            self.meter.fell_back("failed")
            return Judgement(replace(judgement.outcome, seconds=deadline.passed))
        self.meter.fell_back("verdict")
        return said_for(self.name, second)

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await first_answer((self.first, self.other), passage, deadline, self.share)

    async def aclose(self) -> None:
        await self.first.aclose()


def said_for(name: str, judgement: Judgement) -> Judgement:
    """What another guardian said, under the name of the one that was asked: policies know no other."""
    outcome = judgement.outcome
    if isinstance(outcome, GuardianError):
        return replace(judgement, outcome=replace(outcome, guardian=name))
    return replace(judgement, outcome=replace(outcome, guardian=name, model=outcome.model or outcome.guardian))
