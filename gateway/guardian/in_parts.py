"""Asks about all parts of a passage at the same time; the worst of the verdicts is the passage's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.guardian.client import gathered
from gateway.guardian.deadline import Deadline
from gateway.guardian.expansion import Bounds, Part, expanded, halved, last
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement, worst
from gateway.guardian.source import Source
from gateway.observe.passage_metrics import PassageMetrics
from gateway.types import GuardianError, Passage, Verdict


class Room:
    """How many passages may still be added for one judgement."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> bool:
        self.left -= count
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class InParts:
    """Stands before a source."""

    name: str
    source: Source
    bounds: Bounds
    metrics: PassageMetrics | None = None

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        parts = expanded(passage, self.bounds)
        if parts is None:
            detail = f"the query takes more than {self.bounds.passages} passages"
            return Judgement(GuardianError(self.name, "too_long", detail, deadline.passed))
        if len(parts) > 1 and self.metrics is not None:
            self.metrics.taken(self.name, len(parts), sum(part.window for part in parts))
        return await self.all(parts, deadline, Room(self.bounds.passages - len(parts)))

    async def all(self, parts: Sequence[Part], deadline: Deadline, room: Room) -> Judgement:
        if len(parts) == 1:
            return await self.one(parts[0], deadline, room)
        return await worst(await gathered([self.one(part, deadline, room) for part in parts]), ranked=True)

    async def one(self, part: Part, deadline: Deadline, room: Room) -> Judgement:
        """A window that the guardian finds too long is asked about in halves, as long as there is room."""
        judgement = await self.source.ask(part.passage, deadline)
        outcome = judgement.outcome
        if is_too_long(outcome):
            smaller = halved(part.passage)
            if smaller and room.take(len(smaller) - 1):
                return await self.all([Part(one, part.techniques, True) for one in smaller], deadline, room)
        if part.techniques and isinstance(outcome, Verdict):
            return replace(judgement, outcome=replace(outcome, techniques=part.techniques))
        return judgement

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        """To a text that is too long, the answer is to its end."""
        asked = last(passage, self.bounds)
        while True:
            answer = await self.source.forced(asked, deadline)
            smaller = halved(asked) if is_too_long(answer) else ()
            if not smaller:
                return answer
            asked = smaller[-1]

    async def aclose(self) -> None:
        await self.source.aclose()


def is_too_long(outcome: object) -> bool:
    return isinstance(outcome, GuardianError) and outcome.kind == "too_long"
