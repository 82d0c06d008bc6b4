"""So many judgements at a time, so many that wait, and no more."""

from __future__ import annotations

import asyncio

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import Meter
from gateway.types import GuardianError, Passage

RETRY_SECONDS = 1.0


class Admission:
    """At most `places` judgements of `source` at a time, and `queue` that wait in turn, within their deadlines. What
    comes then is refused at once: it would wait in vain, and those before it too.

    A judgement has its place until the answer that it goes on with is closed.
    """

    def __init__(self, name: str, source: Source, *, places: int, queue: int, meter: Meter) -> None:
        self.name = name
        self.source = source
        self.free = asyncio.Semaphore(places)
        self.queue = queue
        self.waiting = 0
        self.meter = meter

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        refused = await self.enter(deadline)
        if refused is not None:
            return Judgement(refused)
        try:
            judgement = await self.source.ask(passage, deadline)
        except BaseException:
            self.leave()
            raise
        self.leave_after(judgement.answer)
        return judgement

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        refused = await self.enter(deadline)
        if refused is not None:
            return refused
        try:
            answer = await self.source.forced(passage, deadline)
        except BaseException:
            self.leave()
            raise
        self.leave_after(None if isinstance(answer, GuardianError) else answer)
        return answer

    async def aclose(self) -> None:
        await self.source.aclose()

    async def enter(self, deadline: Deadline) -> GuardianError | None:
        """Takes a place, or says why there was none."""
        if not self.free.locked():
            await self.free.acquire()
            return None
        if self.waiting >= self.queue:
            self.meter.shed()
            told = f"{self.queue} judgements are waiting already"
            return GuardianError(self.name, "overloaded", told, deadline.passed, RETRY_SECONDS)
        self.wait(1)
        try:
            async with deadline.timeout():
                await self.free.acquire()
        except TimeoutError:
            return GuardianError(self.name, "timeout", "no place came free in time", deadline.passed)
        finally:
            self.wait(-1)
        return None

    def wait(self, change: int) -> None:
        self.waiting += change
        self.meter.waiting(self.waiting)

    def leave_after(self, answer: Answer | None) -> None:
        if answer is None:
            self.leave()
        else:
            answer.when_closed(self.leave)

    def leave(self) -> None:
        self.free.release()
