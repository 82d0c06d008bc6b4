"""A source that a test scripts, for the parts that stand before a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.observe.guardian_metrics import Meter
from gateway.observe.metrics import Metrics
from gateway.types import ErrorKind, GuardianError, Message, Outcome, Passage, Verdict

PASSAGE = Passage((Message("user", ("hello",)),))
SAFE = Verdict("model", "safe", score=0.01)
Step = Outcome | Callable[[Deadline], Awaitable[Outcome]]


def error(kind: ErrorKind, name: str = "model") -> GuardianError:
    return GuardianError(name, kind)


@dataclass
class Scripted:
    """Gives one step a call, the last again and again."""

    steps: list[Step]
    answer: Answer | GuardianError = field(default_factory=lambda: error("unparseable"))
    deadlines: list[Deadline] = field(default_factory=list)
    cancelled: int = 0
    closed: int = 0
    forced_calls: int = 0

    @property
    def calls(self) -> int:
        return len(self.deadlines)

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        self.deadlines.append(deadline)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if not callable(step):
            return Judgement(step)
        try:
            return Judgement(await step(deadline))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        self.forced_calls += 1
        return self.answer

    async def aclose(self) -> None:
        self.closed += 1


async def hang(deadline: Deadline) -> Outcome:
    """As a client does it: a time-out when the time is over."""
    await asyncio.sleep(deadline.left)
    return error("timeout")


def meter(name: str = "model") -> tuple[Meter, Callable[[str], dict[Any, float]]]:
    """A meter, and a function from a metric's attribute to its values by labels."""
    metrics = Metrics().guardian

    def counted(attribute: str) -> dict[Any, float]:
        return {labels: child._value.get() for labels, child in getattr(metrics, attribute).items()}

    return Meter(metrics, name), counted
