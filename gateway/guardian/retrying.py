"""A second and a third try, within the deadline, where trying again can help."""

from __future__ import annotations

from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.source import Source
from gateway.types import GuardianError, Passage


@dataclass(frozen=True, slots=True)
class Retrying:
    """Asks `source` again when it could not be reached or had no room. After a time-out no time is left."""

    source: Source

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        first = await self.source.ask(passage, deadline)
        if not is_transient(first):
            return first
        retrying = AsyncRetrying(
            retry=retry_if_result(is_transient),
            stop=stop_before_delay(deadline.left) | stop_after_attempt(3),
            wait=wait_random_exponential(0.05, max=0.5),
            retry_error_callback=last_result,
        )
        return await retrying(self.source.ask, passage, deadline)

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await self.source.forced(passage, deadline)

    async def aclose(self) -> None:
        await self.source.aclose()


def is_transient(judgement: Judgement) -> bool:
    return isinstance(judgement.outcome, GuardianError) and judgement.outcome.kind in ("unavailable", "overloaded")


def last_result(state: RetryCallState) -> Judgement:
    assert state.outcome is not None
    result: Judgement = state.outcome.result()
    return result
