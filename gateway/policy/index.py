"""Finds the rules that a query may match without asking each: a set of rules is an integer with a bit for each.

For what is compared exactly (a tenant, a verdict's label, a category ...) a table says which rules a value leaves in
the running; the others are out. The rules that are left are tested one by one, so that the index can only be
too wide, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.policy.rules import Facts, Match, Rule, Values

Key = tuple[str, str]
"""A condition's name and its guardian."""
Wanted = Mapping[Key, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that is compared exactly. `free` are the rules that do not ask about it."""

    values: Values
    guardian: str
    free: int
    by_value: Mapping[str, int]

    def left(self, facts: Facts) -> int | None:
        """The rules that these facts leave; None when nothing can be told yet."""
        found = self.values(facts, self.guardian)
        if found is None:
            return None
        left = self.free
        for value in found:
            left |= self.by_value.get(value, 0)
        return left


@dataclass(frozen=True, slots=True)
class Index:
    """Rules in their order, the tables, and how many guardians the rules need."""

    rules: tuple[Rule, ...]
    dimensions: tuple[Dimension, ...]
    guardians: int

    def candidates(self, facts: Facts) -> Iterator[Rule]:
        """In order, every rule whose test may not be False."""
        left = (1 << len(self.rules)) - 1
        for dimension in self.dimensions:
            found = dimension.left(facts)
            if found is not None:
                left &= found
                if not left:
                    return
        while left:
            lowest = left & -left
            yield self.rules[lowest.bit_length() - 1]
            left ^= lowest


def index(rules: Sequence[Rule]) -> Index:
    """A dimension for each thing that at least two rules compare exactly."""
    wanted = [wanted_by(rule) for rule in rules]
    reads: dict[Key, Values] = {}
    for rule in rules:
        reads.update({(c.name, c.guardian): c.values for c in rule.conditions if c.values and c.test.exact is not None})
    made = (dimension(key, read, wanted) for key, read in reads.items())
    guardians = {c.guardian for rule in rules for c in rule.conditions if c.needs != "request"}
    return Index(tuple(rules), tuple(one for one in made if one is not None), len(guardians))


def dimension(key: Key, values: Values, wanted: Sequence[Wanted]) -> Dimension | None:
    asking = [(1 << i, one[key]) for i, one in enumerate(wanted) if key in one]
    if len(asking) < 2:
        return None
    free = (1 << len(wanted)) - 1
    by_value: dict[str, int] = {}
    for bit, texts in asking:
        free ^= bit
        for text in texts:
            by_value[text] = by_value.get(text, 0) | bit
    return Dimension(values, key[1], free, by_value)


def wanted_by(rule: Rule) -> Wanted:
    """What must be among the values for the rule to match. Of what both the file and the rule ask, the rule's part."""
    return {**wanted_by_any(rule.applies_to), **wanted_by_any(rule.matches)}


def wanted_by_any(matches: Sequence[Match]) -> dict[Key, frozenset[str]]:
    """What each of the alternatives asks for: together, any of it will do."""
    alternatives = [exact(match) for match in matches]
    shared = set.intersection(*(set(one) for one in alternatives)) if alternatives else set()
    return {key: frozenset().union(*(one[key] for one in alternatives)) for key in shared}


def exact(match: Match) -> dict[Key, frozenset[str]]:
    return {(c.name, c.guardian): c.test.exact for c in match.conditions if c.test.exact is not None}
