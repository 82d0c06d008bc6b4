"""Decides a record again: as it would be under a set, with what its guardians said then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway.policy import PolicySet
from gateway.replay.compare import ERROR, Case, Made, Trial
from gateway.replay.facts import Recorded, categories, told
from gateway.replay.known import Known, Unknown, decide, masked
from gateway.types import Action, Block, Forward, Outcomes, Respond, Signal

ANSWER = frozenset({"message", "language", "characters", "header"})
"""What a record never knows of an upstream's answer."""
DEFAULT = (None, "default")
Tell = Callable[[Action, Signal | None], str]


def action_told(action: Action, signal: Signal | None) -> str:
    """As a record tells it: which response it was is not recorded, and one that is told as an error is a block."""
    match action:
        case Forward(upstream=name):
            return "forward" if name in DEFAULT else f"forward {name}"
        case Respond():
            return "block 400" if signal == "error" else "respond"
        case Block(status=status):
            return "block" if signal == "completion" else f"block {status}"


@dataclass(slots=True)
class Again:
    """A set that decides records. Its masked forms are made once. `tell` says what an action is called."""

    policy: PolicySet
    tell: Tell = action_told
    forms: dict[frozenset[str], PolicySet] = field(default_factory=dict)
    trials: Mapping[str, str] = field(init=False)
    """The rules of the set and what they do."""

    def __post_init__(self) -> None:
        self.trials = {rule.name: self.tell(rule.action, rule.signal) for rule in self.policy.rules}

    def form(self, missing: frozenset[str]) -> PolicySet:
        if missing not in self.forms:
            self.forms[missing] = masked(self.policy, missing)
        return self.forms[missing]

    def plan(self, record: Recorded) -> tuple[str, ...]:
        """The guardians that may be needed."""
        return self.form(record.missing).plan(record.query)

    def decide(self, record: Recorded, outcomes: Outcomes) -> Made | Unknown:
        found = decide(self.form(record.missing), record.query, outcomes, record.missing, record.told)
        if isinstance(found, Unknown):
            return found
        decided = self.made(found)
        if not isinstance(found.decision.action, Forward) or not self.policy.judges_output or record.unanswered:
            return decided
        answer = decide(self.form(ANSWER), record.answer, record.output, ANSWER, record.told_of_answer)
        if isinstance(answer, Unknown):
            return Unknown(of_answer(answer.needs))
        reviewed = self.made(Known(answer.decision, {rule: of_answer(why) for rule, why in answer.untold.items()}))
        released = isinstance(answer.decision.action, Forward)
        return replace(decided if released else reviewed, trials=(*decided.trials, *reviewed.trials))

    def made(self, found: Known) -> Made:
        decision = found.decision
        trials = [Trial(name, self.trials[name]) for name in decision.shadow]
        trials += [Trial(name, self.trials[name], needs) for name, needs in found.untold.items()]
        return Made(self.tell(decision.action, decision.signal), decision.rule, tuple(trials))


def of_answer(needs: str) -> str:
    return f"{needs} of the answer"


def before(record: Recorded) -> Made:
    """What was done then."""
    match record.action:
        case "forward" if record.upstream not in DEFAULT:
            action = f"forward {record.upstream}"
        case "block" if record.status >= 400:
            action = f"block {record.status}"
        case "error":
            action = ERROR
        case _:
            action = record.action
    return Made(action, record.rule)


def case(record: Recorded, outcomes: Outcomes, *, show_text: bool) -> Case:
    query, text = record.query, record.text if show_text else None
    return Case(query.request_id, query.tenant, tuple(categories(outcomes)), told(outcomes), query.received, text)
