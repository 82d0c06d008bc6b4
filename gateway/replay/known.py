"""Decides a query of which not all is known: the decision, or what it hangs on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from gateway.policy import PolicySet
from gateway.policy.condition import Compiled, Condition, remembered
from gateway.policy.facts import Answer, Facts
from gateway.policy.index import index
from gateway.policy.rules import Match, Rule
from gateway.replay.possible import NO, YES, Answers, Possible, both, either, opposite
from gateway.types import PHASES, Decision, Outcomes, Query


@dataclass(frozen=True, slots=True)
class Unknown:
    """What would have to be known: a condition such as `message`, or a guardian's verdict."""

    needs: str


@dataclass(frozen=True, slots=True)
class Known:
    """The decision; and the rules on trial of which it cannot be told whether they match, and why."""

    decision: Decision
    untold: Mapping[str, str] = field(default_factory=dict)


def masked(policy: PolicySet, missing: Collection[str]) -> PolicySet:
    """The set whose conditions of these names only know what a record tells."""
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
    if condition.name not in missing:
        return condition
    return replace(condition, test=remembered(Compiled(cannot_be_told), condition.key))


def cannot_be_told(facts: Facts) -> Answer:
    del facts
    answer: Answer = None
    return answer


def decide(
    policy: PolicySet, query: Query, outcomes: Outcomes, missing: Collection[str], told: Mapping[str, bool]
) -> Known | Unknown:
    """`policy` is masked by `missing`. Follows `PolicySet.decide` to the first rule that hangs on what is missing."""
    facts = policy.facts(query, outcomes, told)
    possible = Possible(facts, missing)
    trials: dict[str, str] = {}
    failed: Rule | None = None
    forwarded, why = NO, ""
    for rule in policy.phases[query.phase].candidates(facts):
        answers = answers_of(rule, possible)
        if failed is not None:
            certain = frozenset(answer is True for answer in answers)
            answers = after_failure(rule, possible, failed, both(certain, opposite(forwarded)))
            if not rule.keeps_back and rule.mode.enforces(rule.name, query):
                forwarded = either(forwarded, certain)
                why = why or (next(possible.wanting(rule)) if len(certain) > 1 else "")
        if answers == NO:
            continue
        needs = next(possible.wanting(rule), why) if len(answers) > 1 else None
        if not rule.mode.enforces(rule.name, query):
            if needs is not None and failed is None:
                trials[rule.name] = needs
        elif needs is not None:
            return Unknown(needs)
        elif answers == YES:
            break
        else:
            failed = failed or rule
    return Known(policy.decide(query, outcomes, told), trials)


def answers_of(rule: Rule, possible: Possible) -> Answers:
    answer = rule.test(possible.facts)
    return possible.rule(rule) if answer is None else frozenset({answer})


def after_failure(rule: Rule, possible: Possible, failed: Rule, certain: Answers) -> Answers:
    """Behind a rule that could not be told: what the rule says of its guardian's errors, and what it keeps back for
    certain.
    """
    speaks = rule.needs_error and rule.guardian == failed.guardian
    return either(possible.on_error(rule) if speaks else NO, certain if rule.keeps_back else NO)
