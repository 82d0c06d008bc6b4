"""Asks about all parts of a passage at the same time; the worst of the verdicts is the passage's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gateway.guardian.deadline import Deadline
from gateway.guardian.expansion import Bounds, Part, expanded, halved, last, seen, weight
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement, gathered, worst
from gateway.guardian.source import Source
from gateway.observe.passage_metrics import PassageMetrics
from gateway.types import GuardianError, Passage

GRACE_SECONDS = 0.1
LONG = 8000
"""A longer passage, in characters, is taken apart beside the event loop: it may take a second, and others would wait.
"""


@dataclass(slots=True)
class Work:
    """One judgement in the making: `room` for so many passages more, so many `asked` that have not come back, and so
    many of these that have no place yet.
    """

    room: int
    asked: int
    queued: int
    places: asyncio.Semaphore
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def split(self, parts: int) -> bool:
        """Whether there is room for so many parts in place of one, which are then being asked."""
        self.room -= parts - 1
        if self.room < 0:
            return False
        self.asked += parts - 1
        self.queued += parts
        return True

    def returned(self) -> None:
        self.asked -= 1
        if not self.asked:
            self.done.set()


@dataclass(frozen=True, slots=True)
class InParts:
    """Stands before a source."""

    name: str
    source: Source
    bounds: Bounds
    metrics: PassageMetrics | None = None

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        try:
            parts = await self.parts(passage, deadline)
        except TimeoutError:
            return Judgement(GuardianError(self.name, "timeout", "taking the query apart", deadline.passed))
        if parts is None:
            detail = f"the query takes more than {self.bounds.passages} passages"
            return Judgement(GuardianError(self.name, "too_long", detail, deadline.passed))
        if len(parts) > 1 and self.metrics is not None:
            self.metrics.taken(self.name, len(parts), sum(part.window for part in parts))
        places = asyncio.Semaphore(self.bounds.at_once)
        return await self.all(parts, deadline, Work(self.bounds.passages - len(parts), len(parts), len(parts), places))

    async def parts(self, passage: Passage, deadline: Deadline) -> Sequence[Part] | None:
        if weight(seen(passage, self.bounds)) <= LONG:
            return expanded(passage, self.bounds)
        async with deadline.timeout():
            return await asyncio.to_thread(expanded, passage, self.bounds)

    async def all(self, parts: Sequence[Part], deadline: Deadline, work: Work) -> Judgement:
        if len(parts) == 1:
            return await self.one(parts[0], deadline, work)
        return await worst(await gathered([self.one(part, deadline, work) for part in parts]), ranked=True)

    async def one(self, part: Part, deadline: Deadline, work: Work) -> Judgement:
        """A window that the guardian finds too long is asked about in halves, as long as there is room."""
        async with work.places:
            work.queued -= 1
            judgement = await self.source.ask(part.passage, deadline)
            if not is_too_long(judgement.outcome):
                work.returned()
                return await kept_shortly(noted(judgement, part), work)
        smaller = halved(part.passage)
        if smaller and work.split(len(smaller)):
            return await self.all([Part(one, part.techniques, True) for one in smaller], deadline, work)
        work.returned()
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


def noted(judgement: Judgement, part: Part) -> Judgement:
    """The verdict says what was undone for it."""
    outcome = judgement.outcome
    if not part.techniques or isinstance(outcome, GuardianError):
        return judgement
    return replace(judgement, outcome=replace(outcome, techniques=part.techniques))


async def kept_shortly(judgement: Judgement, work: Work) -> Judgement:
    """The judgement, without its answer when other parts are still asked about after a moment.

    An answer that is kept open holds a place at the guardian, and the other parts may be waiting for just that. Without
    it a safe response takes a second call.
    """
    if judgement.answer is None or not work.asked:
        return judgement
    try:
        async with asyncio.timeout(0 if work.queued else GRACE_SECONDS):
            await work.done.wait()
        return judgement
    except TimeoutError:
        await judgement.aclose()
        return replace(judgement, answer=None)
    except BaseException:
        await judgement.aclose()
        raise


def is_too_long(outcome: object) -> bool:
    return isinstance(outcome, GuardianError) and outcome.kind == "too_long"
