"""A second and a third try, within the deadline, where trying again can help."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from gateway.observe.guardian_metrics import Meter
from gateway.types import GuardianError, Passage

TRIES = 3


@dataclass(frozen=True, slots=True)
class Retrying:
    """Asks `source` again when it could not be reached or had no room. After a time-out no time is left; and a question
    that the gateway itself held back, its circuit being open, is not repeated.
    """

    source: Source
    meter: Meter

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        """The first try is made plainly: nearly always it is the only one. Tenacity is given what came of it."""
        first = await self.source.ask(passage, deadline)
        if not is_transient(first):
            return first
        made = [first]

        async def attempt() -> Judgement:
            return made.pop() if made else await self.source.ask(passage, deadline)

        retrying = AsyncRetrying(
            retry=retry_if_result(is_transient),
            stop=stop_before_delay(deadline.left) | stop_after_attempt(TRIES),
            wait=wait_random_exponential(0.05, max=0.5),
            before_sleep=lambda state: self.meter.retried(),
            retry_error_callback=last_result,
        )
        return held_back(first, await retrying(attempt))

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await self.source.forced(passage, deadline)

    async def aclose(self) -> None:
        await self.source.aclose()


def is_transient(judgement: Judgement) -> bool:
    outcome = judgement.outcome
    return (
        isinstance(outcome, GuardianError)
        and outcome.kind in ("unavailable", "overloaded")
        and outcome.retry_after is None
    )


def held_back(first: Judgement, last: Judgement) -> Judgement:
    """Where the circuit opened meanwhile the error is what the guardian itself came to, with when it is asked again."""
    error, refusal = first.outcome, last.outcome
    if not isinstance(error, GuardianError) or not isinstance(refusal, GuardianError) or refusal.retry_after is None:
        return last
    return Judgement(replace(error, seconds=refusal.seconds, retry_after=refusal.retry_after))


def last_result(state: RetryCallState) -> Judgement:
    assert state.outcome is not None
    result: Judgement = state.outcome.result()
    return result
