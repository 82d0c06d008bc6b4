"""Finds the rules that a query may match without asking each: a set of rules is an integer with a bit for each rule.

Tables (see `dimensions`) say which rules a tenant, a verdict's label, a score ... leaves in the running. The rules that
are left are tested one by one, so that the index can only be too wide, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.policy.condition import Condition, Values
from gateway.policy.dimensions import Dimension, Numbers, dimension
from gateway.policy.facts import Facts
from gateway.policy.rules import Match, Rule

Key = tuple[str, str]
"""A condition's name and its guardian."""
Wanted = Mapping[Key, Sequence[Condition]]
"""Of each kind, the conditions of which one must hold."""


@dataclass(frozen=True, slots=True)
class Index:
    """Rules in their order, the tables, and how many guardians the rules need."""

    rules: tuple[Rule, ...]
    dimensions: tuple[Dimension, ...]
    guardians: int

    def candidates(self, facts: Facts) -> Iterator[Rule]:
        """In order, every rule whose test may not be False."""
        left = (1 << len(self.rules)) - 1
        for table in self.dimensions:
            if left & table.asking:
                found = table.left(facts)
                if found is not None:
                    left &= found
        while left:
            lowest = left & -left
            yield self.rules[lowest.bit_length() - 1]
            left ^= lowest


def index(rules: Sequence[Rule]) -> Index:
    """A table for each thing that at least two rules compare; those that take longest come last."""
    asking: dict[Key, dict[int, Sequence[Condition]]] = {}
    reads: dict[Key, Values] = {}
    for at, rule in enumerate(rules):
        for key, conditions in wanted_by(rule).items():
            asking.setdefault(key, {})[1 << at] = conditions
            reads.update((key, one.values) for one in conditions if one.values is not None)
    everything = (1 << len(rules)) - 1
    made = [dimension(reads[key], key[1], asked, everything) for key, asked in asking.items() if len(asked) > 1]
    guardians = {c.guardian for rule in rules for c in rule.conditions if c.needs != "request"}
    return Index(tuple(rules), tuple(sorted(made, key=slowness)), len(guardians))


def slowness(made: Dimension) -> int:
    return 1 if isinstance(made, Numbers) else 0 if made.which is None and made.which_folded is None else 2


def wanted_by(rule: Rule) -> Wanted:
    """What must hold for the rule to match. Of what both the file and the rule ask, the rule's part."""
    return {**wanted_by_any(rule.applies_to), **wanted_by_any(rule.matches)}


def wanted_by_any(matches: Sequence[Match]) -> Wanted:
    """What each of the alternatives asks for: together, any of it will do."""
    alternatives = [compared(match) for match in matches]
    shared = set.intersection(*(set(one) for one in alternatives)) if alternatives else set()
    return {key: [one[key] for one in alternatives] for key in sorted(shared)}


def compared(match: Match) -> Mapping[Key, Condition]:
    """Its conditions that a table can be made of."""
    return {(c.name, c.guardian): c for c in match.conditions if c.values is not None and c.test.in_tables}
