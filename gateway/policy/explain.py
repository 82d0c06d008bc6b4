"""Why a decision came out as it did: every rule, and what kept it from matching."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gateway.policy.policyset import PolicySet
from gateway.policy.rules import Answer, Condition, Facts, Match, Rule, any_match
from gateway.policy.source import Item
from gateway.types import Action, Block, Decision, Forward, Outcomes, Query, Respond

Role = Literal["decided", "shadow", "passed"]
MARKS: dict[Role, str] = {"decided": "*", "shadow": "~", "passed": "-"}


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in an explanation: what became of it, and why."""

    rule: str
    place: str
    mode: str
    role: Role
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and every rule of its phase in order."""

    action: str
    rule: str
    reason: str
    policy_version: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        """The decision, then a line a rule: `*` marks the one that decided, `~` one that only would have."""
        head = f"decision: {self.action}   rule: {self.rule}   because: {self.reason}"
        named = [f"{one.rule}{f' ({one.mode})' if one.mode else ''}" for one in self.lines]
        width = max(map(len, named), default=0)
        places = max((len(one.place) for one in self.lines), default=0)
        return "\n".join(
            [
                head,
                *(
                    f"  {MARKS[one.role]} {name:<{width}}  {one.place:<{places}}  {one.why}"
                    for name, one in zip(named, self.lines, strict=True)
                ),
            ]
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def explain(policy: PolicySet, query: Query, outcomes: Outcomes) -> Explanation:
    decision, facts = policy.decide(query, outcomes), policy.facts(query, outcomes)
    lines = tuple(line(rule, answer, decision, facts) for rule, answer in policy.answers(query, outcomes))
    return Explanation(told(decision.action), decision.rule, decision.reason, policy.version, lines)


def told(action: Action) -> str:
    match action:
        case Forward(upstream=name, model=model, system_prompt=prompt):
            details = f"{f' as {model}' if model else ''}{' with a system prompt' if prompt else ''}"
            return f"forward {name or 'default'}{details}"
        case Respond(response=name):
            return f"respond {name}"
        case Block(status=status):
            return f"block {status}"


def line(rule: Rule, answer: Answer, decision: Decision, facts: Facts) -> Line:
    role: Role = "decided" if rule.name == decision.rule else "shadow" if rule.name in decision.shadow else "passed"
    return Line(
        rule.name, f"{rule.span.path}:{rule.span.line}", mode_told(rule), role, because(rule, answer, role, facts)
    )


def mode_told(rule: Rule) -> str:
    mode = rule.mode
    return {"enforce": "", "shadow": "shadow", "canary": f"canary {mode.percent:g}% by {mode.by}"}[mode.kind]


def because(rule: Rule, answer: Answer, role: Role, facts: Facts) -> str:
    if answer:
        return {"decided": "matched", "shadow": f"matched, would {told(rule.action)}", "passed": "matches too"}[role]
    wanted = False if answer is False else None
    for matches in (rule.applies_to, rule.matches):
        if any_match(matches, facts) is wanted:
            return "; or ".join(dict.fromkeys(kept(matches, facts, wanted)))
    return "it does not match"


def kept(matches: tuple[Match, ...], facts: Facts, wanted: Answer) -> Iterator[str]:
    """For each alternative, its first condition that failed or could not be told."""
    for match in matches:
        found = next((c for c in match.conditions if c.test.holds(facts) is wanted), None)
        yield "a match under `not` holds" if found is None else failed(found, wanted)


def failed(condition: Condition, wanted: Answer) -> str:
    if wanted is None:
        return f"{condition.name} cannot be told: the guardian gave no verdict"
    return f"{condition.name} is not {written(condition.item)}"


def written(item: Item) -> str:
    if isinstance(item.value, tuple):
        return " or ".join(written(one) for one in item.value)
    if isinstance(item.value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in item.value.items()) + "}"
    if isinstance(item.value, bool):
        return str(item.value).lower()
    return f'"{item.value}"' if isinstance(item.value, str) else str(item.value)
