"""What rules compare of a query, each as a table from a value to the rules that it leaves: a bit for each rule.

A table may leave a rule that does not match, and never takes away one that does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import or_, xor

from gateway.policy.condition import Bound, Condition, Sought, Values
from gateway.policy.facts import Facts
from gateway.policy.patterns import Which, literal, which_of

Asking = Mapping[int, Sequence[Condition]]
"""By a rule's bit, its conditions of one kind: it matches only where one of them holds."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that are compared exactly or with expressions. `free` are the rules that do not ask about them."""

    values: Values
    guardian: str
    asking: int
    free: int
    by_text: Mapping[str, int]
    which: Which | None
    which_folded: Which | None
    content: Sequence[tuple[int, str]]
    """Rules that ask about content, and the keys of what they ask."""

    def left(self, facts: Facts) -> int | None:
        """The rules that these facts leave; None when nothing can be told."""
        found = None if self.content and facts.told else self.values(facts, self.guardian)
        if found is None:
            return None
        left = 0
        for text in found:
            left |= self.by_text.get(text, 0)
            if self.which is not None:
                left |= self.which(text)
            if self.which_folded is not None:
                left |= self.which_folded(text.casefold())
        for rule, key in self.content:
            if not rule & left:
                facts.told[key] = False
        return self.free | left


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number within bounds: one set of rules for each bound that is written anywhere, and one for each gap."""

    values: Values
    guardian: str
    asking: int
    free: int
    points: Sequence[float]
    cells: Sequence[int]

    def left(self, facts: Facts) -> int | None:
        found = self.values(facts, self.guardian)
        if found is None:
            return None
        (number,) = found
        at = bisect_left(self.points, number)
        return self.free | self.cells[2 * at + (at < len(self.points) and self.points[at] == number)]


Dimension = Texts | Numbers


def dimension(values: Values, guardian: str, asking: Asking, everything: int) -> Dimension:
    mask = reduce(or_, asking)
    if any(condition.test.bounds for conditions in asking.values() for condition in conditions):
        ranges = {rule: [one.test.bounds for one in conditions] for rule, conditions in asking.items()}
        points, cells = cells_of(ranges)
        return Numbers(values, guardian, mask, everything ^ mask, points, cells)
    sought = [(rule, sought_by(one)) for rule, conditions in asking.items() for one in conditions]
    by_text = masks((rule, text) for rule, one in sought for text in one.texts)
    expressions = masks((rule, text) for rule, one in sought for text in one.expressions)
    parts = masks((rule, literal(text)) for rule, one in sought for text in one.parts)
    content = [(rule, one.key) for rule, conditions in asking.items() for one in conditions if one.key]
    searches = (which_of(expressions), which_of(parts))
    return Texts(values, guardian, mask, everything ^ mask, by_text, *searches, content)


def sought_by(condition: Condition) -> Sought:
    return condition.test.sought or Sought(condition.test.exact or frozenset())


def masks(pairs: Iterable[tuple[int, str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for rule, text in pairs:
        found[text] = found.get(text, 0) | rule
    return found


def cells_of(ranges: Mapping[int, Sequence[Sequence[Bound]]]) -> tuple[list[float], list[int]]:
    """The points in order, and the rules of each cell: below the first point, at it, between it and the next ...
    Of a rule with several ranges, all between the first and the last.
    """
    points = sorted({limit for several in ranges.values() for bounds in several for _, limit in bounds})
    changes = [0] * (2 * len(points) + 2)
    for rule, several in ranges.items():
        ends = [range_of(bounds, points) for bounds in several]
        first, last = min(first for first, _ in ends), max(last for _, last in ends)
        if first <= last:
            changes[first] ^= rule
            changes[last + 1] ^= rule
    return points, list(accumulate(changes, xor))


def range_of(bounds: Sequence[Bound], points: Sequence[float]) -> tuple[int, int]:
    """The first and the last cell that all of the bounds hold for."""
    first, last = 0, 2 * len(points)
    for how, limit in bounds:
        at = 2 * bisect_left(points, limit)
        first = max(first, {"gte": at + 1, "gt": at + 2}.get(how, first))
        last = min(last, {"lte": at + 1, "lt": at}.get(how, last))
    return first, last
