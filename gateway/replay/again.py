"""Decides a record again: as it would be under a set, with what its guardians said then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from gateway.policy import PolicySet
from gateway.replay.compare import Case, Made
from gateway.replay.facts import Recorded, categories, told
from gateway.replay.known import Unknown, decide, masked
from gateway.types import Decision, Forward, Outcomes, Respond

ANSWER = frozenset({"message", "language", "characters", "header"})
"""What a record never knows of an upstream's answer."""


@dataclass(slots=True)
class Again:
    """A set that decides records. Its masked forms are made once."""

    policy: PolicySet
    forms: dict[frozenset[str], PolicySet] = field(default_factory=dict)

    def form(self, missing: frozenset[str]) -> PolicySet:
        if missing not in self.forms:
            self.forms[missing] = masked(self.policy, missing)
        return self.forms[missing]

    def decide(self, record: Recorded, outcomes: Outcomes) -> Made | Unknown:
        decision = decide(self.form(record.missing), record.query, outcomes, record.missing, record.told)
        if isinstance(decision, Unknown) or not isinstance(decision.action, Forward) or not self.policy.judges_output:
            return decision if isinstance(decision, Unknown) else made(decision)
        answer = decide(self.form(ANSWER), record.answer, record.output, ANSWER, record.told_of_answer)
        if isinstance(answer, Unknown):
            return Unknown(of_answer(answer.needs))
        shadow = (*decision.shadow, *answer.shadow)
        return made(decision if isinstance(answer.action, Forward) else answer, shadow)


def of_answer(needs: str) -> str:
    return f"{needs} of the answer"


def made(decision: Decision, shadow: Collection[str] | None = None) -> Made:
    """As a record tells it: a response that is told as an error is a block."""
    action = "forward"
    if not isinstance(decision.action, Forward):
        action = "respond" if isinstance(decision.action, Respond) and decision.signal != "error" else "block"
    return Made(action, decision.rule, tuple(decision.shadow if shadow is None else shadow))


def before(record: Recorded) -> Made:
    """What was done then. An upstream that was out of reach was to be forwarded to."""
    return Made("forward" if record.action == "error" else record.action, record.rule)


def case(record: Recorded, outcomes: Outcomes, *, show_text: bool) -> Case:
    text = record.text if show_text else None
    return Case(record.query.request_id, record.query.tenant, tuple(categories(outcomes)), told(outcomes), text)
