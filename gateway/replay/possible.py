"""The answers that a rule may give where not all is known of a query.

A condition that cannot be told leaves several answers possible. A rule hangs on it only when that makes a difference:
`{tenant: school, message: ...}` does not for any other tenant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import reduce

from gateway.policy.condition import Condition
from gateway.policy.facts import Answer, Facts
from gateway.policy.rules import Match, Rule, conditions_of, naming_error

Answers = frozenset[Answer]
YES: Answers = frozenset({True})
NO: Answers = frozenset({False})
YES_OR_NO: Answers = frozenset({True, False})
ANY: Answers = frozenset({True, False, None})


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
