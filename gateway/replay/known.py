"""Decides a query of which not all is known: the decision, or what it hangs on.

A condition that cannot be told leaves several answers possible. A rule hangs on it only when that makes a difference:
`{tenant: school, message: ...}` does not for any other tenant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from gateway.policy import PolicySet
from gateway.policy.index import index
from gateway.policy.rules import (
    Answer,
    Compiled,
    Condition,
    Facts,
    Match,
    Rule,
    conditions_of,
    naming_error,
    remembered,
)
from gateway.types import PHASES, Decision, Outcomes, Query

Answers = frozenset[Answer]
YES: Answers = frozenset({True})
NO: Answers = frozenset({False})
YES_OR_NO: Answers = frozenset({True, False})
ANY: Answers = frozenset({True, False, None})


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


@dataclass(frozen=True, slots=True)
class Possible:
    """Which answers are possible, by what is known of one query. The policies are masked by what is `missing`."""

    facts: Facts
    missing: Collection[str]

    def rule(self, rule: Rule) -> Answers:
        return both(self.any_of(rule.applies_to), self.any_of(rule.matches))

    def on_error(self, rule: Rule) -> Answers:
        """As `Rule.test_on_error`: what cannot be told for want of a verdict does not hold."""
        file, own = naming_error(rule.applies_to), naming_error(rule.matches)
        found = NO
        if file:
            found = either(found, both(self.any_of(file), self.any_of(rule.matches)))
        if own:
            found = either(found, both(self.any_of(rule.applies_to), self.any_of(own)))
        return frozenset(answer is True for answer in found)

    def any_of(self, matches: tuple[Match, ...]) -> Answers:
        return reduce(either, map(self.all_of, matches)) if matches else YES

    def all_of(self, match: Match) -> Answers:
        nots = (opposite(self.any_of(matches)) for matches in match.nots)
        return reduce(both, (*map(self.condition, match.conditions), *nots), YES)

    def condition(self, condition: Condition) -> Answers:
        if condition.name in self.missing and condition.key not in self.facts.told:
            return YES_OR_NO
        if condition.needs != "request" and condition.guardian not in self.facts.outcomes:
            return ANY
        return frozenset({condition.test.holds(self.facts)})

    def wanting(self, rule: Rule) -> Iterator[str]:
        """What would have to be known, of the alternatives that are not out anyway."""
        for match in (*rule.applies_to, *rule.matches):
            if self.all_of(match) != NO:
                yield from (needed(one) for one in conditions_of(match) if len(self.condition(one)) > 1)


def either(one: Answers, other: Answers) -> Answers:
    """Or, as `any_match` has it."""
    return frozenset(True if True in (a, b) else None if None in (a, b) else False for a in one for b in other)


def both(one: Answers, other: Answers) -> Answers:
    return opposite(either(opposite(one), opposite(other)))


def opposite(answers: Answers) -> Answers:
    return frozenset(None if answer is None else not answer for answer in answers)


def needed(condition: Condition) -> str:
    if condition.needs != "request":
        return f"guardian {condition.guardian}"
    if condition.name == "header" and isinstance(condition.item.value, dict):
        return f"header {', '.join(name.lower() for name in condition.item.value)}"
    return condition.name


def decide(
    policy: PolicySet, query: Query, outcomes: Outcomes, missing: Collection[str], told: Mapping[str, bool]
) -> Known | Unknown:
    """`policy` is masked by `missing`. Follows `PolicySet.decide` to the first rule that hangs on what is missing."""
    facts = policy.facts(query, outcomes, told)
    possible = Possible(facts, missing)
    trials: dict[str, str] = {}
    failed: Rule | None = None
    for rule in policy.phases[query.phase].candidates(facts):
        answers = answers_of(rule, possible, failed)
        if answers == NO:
            continue
        needs = next(possible.wanting(rule)) if len(answers) > 1 else None
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


def answers_of(rule: Rule, possible: Possible, failed: Rule | None) -> Answers:
    """After a rule that could not be told, only what rules say of its guardian's errors counts."""
    if failed is not None:
        speaks = rule.needs_error and rule.guardian == failed.guardian
        return possible.on_error(rule) if speaks else NO
    answer = rule.test(possible.facts)
    return possible.rule(rule) if answer is None else frozenset({answer})
