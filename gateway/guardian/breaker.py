"""Leaves a guardian alone that does not answer, and tries it again from time to time."""

from __future__ import annotations

from gateway.guardian.circuit import Circuit, State
from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import Meter
from gateway.observe.logs import log
from gateway.types import GuardianError, Outcome, Passage

FAILURES = frozenset({"timeout", "unavailable", "overloaded"})
"""What says that the endpoint is down. What it answers to one query, `too_long` or `unparseable`, shows that it is up;
and if that counted, a caller could have the guardian switched off for everybody else.
"""


class Breaker:
    """Asks `source` while its circuit is closed; else the answer is `unavailable`, at once."""

    def __init__(self, name: str, source: Source, circuit: Circuit, meter: Meter) -> None:
        self.name = name
        self.source = source
        self.circuit = circuit
        self.meter = meter
        self.known: State = "closed"
        meter.circuit("closed")

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        ticket = self.enter()
        if ticket is None:
            return Judgement(self.refusal(deadline))
        hurried = is_hurried(deadline)
        try:
            judgement = await self.source.ask(passage, deadline)
        except BaseException:
            self.abandon(ticket)
            raise
        self.report(ticket, judgement.outcome, hurried=hurried)
        return judgement

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        ticket = self.enter()
        if ticket is None:
            return self.refusal(deadline)
        hurried = is_hurried(deadline)
        try:
            answer = await self.source.forced(passage, deadline)
        except BaseException:
            self.abandon(ticket)
            raise
        self.report(ticket, answer, hurried=hurried)
        return answer

    async def aclose(self) -> None:
        await self.source.aclose()

    def enter(self) -> int | None:
        ticket = self.circuit.enter()
        self.tell()
        return ticket

    def abandon(self, ticket: int) -> None:
        self.circuit.abandoned(ticket)
        self.tell()

    def report(self, ticket: int, said: Outcome | Answer, *, hurried: bool) -> None:
        if isinstance(said, GuardianError) and said.kind == "timeout" and hurried:
            self.circuit.abandoned(ticket)
        elif isinstance(said, GuardianError) and said.kind in FAILURES:
            self.circuit.failed(ticket)
        else:
            self.circuit.answered(ticket)
        self.tell()

    def tell(self) -> None:
        state = self.circuit.state
        if state == self.known:
            return
        self.known = state
        self.meter.circuit(state)
        if state != "half_open":
            log("warning", "guardian_circuit", guardian=self.name, state=state)

    def refusal(self, deadline: Deadline) -> GuardianError:
        told = "it did not answer lately, so it is not asked now"
        return GuardianError(self.name, "unavailable", told, deadline.passed, self.circuit.retry_after)


def is_hurried(deadline: Deadline) -> bool:
    """Whether most of the time is gone, for a place or for tries before: a time-out then says little about the
    endpoint, and under load it would be left alone for being busy.
    """
    return deadline.left < deadline.passed
