"""Why a decision came out as it did: every rule, and what kept it from matching."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.policy.policyset import PolicySet
from gateway.policy.rules import Answer, Condition, Facts, Match, Rule, any_match
from gateway.policy.source import Item
from gateway.types import Action, Block, Decision, Forward, Outcomes, Query, Respond


def explain(policy: PolicySet, query: Query, outcomes: Outcomes) -> str:
    """The decision, then a line a rule: `*` marks the one that decided."""
    decision = policy.decide(query, outcomes)
    head = f"decision: {told(decision.action)}   rule: {decision.rule}   because: {decision.reason}"
    return "\n".join(
        [head, *(line(rule, answer, decision, query, outcomes) for rule, answer in policy.answers(query, outcomes))]
    )


def told(action: Action) -> str:
    match action:
        case Forward(upstream=name):
            return f"forward {name or 'default'}"
        case Respond(response=name):
            return f"respond {name}"
        case Block(status=status):
            return f"block {status}"


def line(rule: Rule, answer: Answer, decision: Decision, query: Query, outcomes: Outcomes) -> str:
    mark = "*" if rule.name == decision.rule else "~" if rule.name in decision.shadow else "-"
    why = because(rule, answer, Facts(query, outcomes))
    shadow = " (shadow)" if rule.shadow else ""
    return f"  {mark} {rule.name + shadow:<28} {rule.span.path}:{rule.span.line:<4} {why}"


def because(rule: Rule, answer: Answer, facts: Facts) -> str:
    if answer:
        return "matched"
    wanted = False if answer is False else None
    for matches in (rule.applies_to, rule.matches):
        if any_match(matches, facts) is wanted:
            return "; or ".join(dict.fromkeys(kept(matches, facts, wanted)))
    return "it does not match"


def kept(matches: tuple[Match, ...], facts: Facts, wanted: Answer) -> Iterator[str]:
    """For each alternative, its first condition that failed or could not be told."""
    for match in matches:
        found = next((c for c in match.conditions if c.test(facts) is wanted), None)
        yield "a match under `not` holds" if found is None else failed(found, wanted)


def failed(condition: Condition, wanted: Answer) -> str:
    if wanted is None:
        return f"{condition.name} cannot be told: the guardian gave no verdict"
    return f"{condition.name} is not {written(condition.values)}"


def written(item: Item) -> str:
    if isinstance(item.value, tuple):
        return " or ".join(written(one) for one in item.value)
    if isinstance(item.value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in item.value.items()) + "}"
    return (
        str(item.value).lower()
        if isinstance(item.value, bool)
        else f'"{item.value}"'
        if isinstance(item.value, str)
        else str(item.value)
    )
