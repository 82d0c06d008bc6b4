"""The axes on which the linter takes conditions apart, and their cells.

An axis is the outcome of one guardian (three labels, five kinds of error), one category of it, its score or a length
(a cell for each number that is written anywhere, one for each gap between them, one for no score), one text field (a
cell for each text that is written anywhere, one for all others), or something that cannot be taken apart, such as a
pattern, which either holds or not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf

from gateway.policy.boxes import Axis
from gateway.policy.condition import Condition
from gateway.policy.rules import Rule
from gateway.policy.source import Item
from gateway.types import ERROR_KINDS, LABELS

OUTCOMES: Mapping[str, int] = {name: 1 << i for i, name in enumerate((*LABELS, *ERROR_KINDS))}
VERDICTS = (1 << len(LABELS)) - 1
ERRORS = ((1 << len(OUTCOMES)) - 1) ^ VERDICTS
YES, NO = 0b10, 0b01
NO_SCORE = 0b1
"""The first cell of a score's axis."""
OTHER = 0b1
"""The first cell of a text field's axis: a text that is written nowhere."""
TEXT_FIELDS = ("tenant", "model", "surface", "language")
NUMBER_FIELDS = ("score", "characters")


@dataclass(frozen=True, slots=True)
class Space:
    """The cells of every axis, from all that is written in a set of rules."""

    texts: Mapping[str, Mapping[str, int]]
    """By field, the cell of every text that is written."""
    samples: Mapping[Axis, Sequence[float]]
    """By axis, a number for each cell, in order; minus infinity: there is none."""

    def cells(self, axis: Axis) -> int:
        """All cells of the axis, as a box has them."""
        if axis[0] == "outcome":
            return VERDICTS | ERRORS
        if axis in self.samples:
            return (1 << len(self.samples[axis])) - 1
        if axis[0] in self.texts:
            return (1 << (len(self.texts[axis[0]]) + 1)) - 1
        return YES | NO

    def cells_within(self, axis: Axis, how: str, limit: float) -> int:
        """The cells of an axis of numbers that one bound holds for."""
        find = bisect_right if how in ("gt", "lte") else bisect_left
        below = (1 << find(self.samples[axis], limit)) - 1
        return below if how in ("lt", "lte") else self.cells(axis) & ~below


def space(rules: Iterable[Rule]) -> Space:
    texts: dict[str, dict[str, int]] = {}
    points: dict[Axis, set[float]] = {}
    for condition in (condition for rule in rules for condition in rule.conditions):
        if condition.name in TEXT_FIELDS:
            cells = texts.setdefault(condition.name, {})
            for text in written(condition.item):
                cells.setdefault(text, OTHER << (len(cells) + 1))
        elif condition.name in NUMBER_FIELDS:
            points.setdefault(number_axis(condition), set()).update(numbers(condition.item))
    return Space(texts, {axis: samples(axis, found) for axis, found in points.items()})


def number_axis(condition: Condition) -> Axis:
    return condition.name, condition.guardian


def written(item: Item) -> Iterator[str]:
    return (one.value for one in item.items if isinstance(one.value, str))


def numbers(item: Item) -> Iterator[float]:
    if isinstance(item.value, dict):
        yield from (float(one.value) for one in item.value.values() if isinstance(one.value, int | float))


def samples(axis: Axis, points: Iterable[float]) -> Sequence[float]:
    """Numbers that there can be, so that every number there can be is like one of them to all bounds."""
    if axis[0] == "score":
        edges = sorted({0.0, 1.0, *(point for point in points if 0 < point < 1)})
        between = ((low + high) / 2 for low, high in pairwise(edges))
        return (-inf, *sorted({*edges, *between}))
    whole = {n for point in points for n in (ceil(point) - 1, floor(point), floor(point) + 1)}
    return sorted({0, *(n for n in whole if n > 0)})
