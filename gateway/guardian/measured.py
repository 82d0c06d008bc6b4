"""Counts what came of each call."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import Meter
from gateway.types import GuardianError, Passage


@dataclass(frozen=True, slots=True)
class Measured:
    """Stands directly before a model, so that it sees every call to it."""

    source: Source
    meter: Meter

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        result = "cancelled"
        try:
            judgement = await self.source.ask(passage, deadline)
            result = judgement.outcome.kind if isinstance(judgement.outcome, GuardianError) else "verdict"
            return judgement
        finally:
            self.meter.called(result)

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        result = "cancelled"
        try:
            answer = await self.source.forced(passage, deadline)
            result = answer.kind if isinstance(answer, GuardianError) else "response"
            return answer
        finally:
            self.meter.called(result)

    async def aclose(self) -> None:
        await self.source.aclose()
