"""Decides a query of which not all is known: the decision, or what it hangs on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from gateway.policy import PolicySet
from gateway.policy.index import index
from gateway.policy.rules import Answer, Compiled, Condition, Facts, Match, Rule, remembered
from gateway.types import PHASES, Decision, Outcomes, Query


@dataclass(frozen=True, slots=True)
class Unknown:
    """What would have to be known: a condition such as `message`, or a guardian's verdict."""

    needs: str


def masked(policy: PolicySet, missing: Collection[str]) -> PolicySet:
    """The set whose conditions of these names cannot be told."""
    rules = tuple(masked_rule(rule, missing) for rule in policy.rules)
    phases = {phase: index([rule for rule in rules if rule.phase == phase]) for phase in PHASES}
    return replace(policy, rules=rules, phases=phases)


def masked_rule(rule: Rule, missing: Collection[str]) -> Rule:
    return replace(rule, matches=hidden(rule.matches, missing), applies_to=hidden(rule.applies_to, missing))


def hidden(matches: tuple[Match, ...], missing: Collection[str]) -> tuple[Match, ...]:
    return tuple(
        Match(tuple(untold(one, missing) for one in match.conditions), tuple(hidden(m, missing) for m in match.nots))
        for match in matches
    )


def untold(condition: Condition, missing: Collection[str]) -> Condition:
    """The condition that only knows what the record tells."""
    if condition.name not in missing:
        return condition
    return replace(condition, test=remembered(Compiled(cannot_be_told), condition.key))


def cannot_be_told(facts: Facts) -> Answer:
    del facts
    answer: Answer = None
    return answer


def decide(
    policy: PolicySet, query: Query, outcomes: Outcomes, missing: Collection[str], told: Mapping[str, bool]
) -> Decision | Unknown:
    """`policy` is masked by `missing`. Follows `PolicySet.decide` to the first rule that hangs on what is missing."""
    facts = policy.facts(query, outcomes, told)
    failed: Rule | None = None
    for rule in policy.phases[query.phase].rules:
        if not rule.mode.enforces(rule.name, query) or not may_decide(rule, failed):
            continue
        answer = rule.test(facts)
        if answer is None:
            needs = lacking(rule, facts, missing)
            if needs is not None:
                return Unknown(needs)
            failed = failed or rule
        elif answer and (failed is None or rule.test_on_error(facts, failed.guardian)):
            break
    return policy.decide(query, outcomes, told)


def may_decide(rule: Rule, failed: Rule | None) -> bool:
    """After a rule that could not be told, only those may that speak of its guardian's errors."""
    return failed is None or (rule.needs_error and rule.guardian == failed.guardian)


def lacking(rule: Rule, facts: Facts, missing: Collection[str]) -> str | None:
    """Why a rule could not be told; None when that was its guardian's failure."""
    for condition in rule.conditions:
        if condition.name in missing and condition.key not in facts.told:
            return condition.name
        if condition.needs != "request" and condition.guardian not in facts.outcomes:
            return f"guardian {condition.guardian}"
    return None
