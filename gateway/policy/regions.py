"""What a rule matches, as a set that can be reckoned with: for the linter, which asks whether anything is left.

Every condition is taken apart into *axes* with a few *cells* each. An axis is the outcome of one guardian (three
labels, five kinds of error), one category of it, its score between the bounds that are written anywhere or missing, one
text field with a cell for each text that is written anywhere, or a condition that cannot be taken apart, which either
holds or not. A *box* is a set of cells on some axes (an integer with a bit a cell) and everything on the others; a
region is a list of boxes.

Cells that no query can reach (a `glob` that holds for no text) are taken for reachable: a region that is empty here is
empty in truth, and not always the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.policy.rules import Condition, Match, Rule
from gateway.policy.source import Item
from gateway.types import ERROR_KINDS, LABELS

Axis = tuple[str, ...]
Box = Mapping[Axis, int]
Region = list[Box]
EVERYTHING: Region = [{}]
MOST_BOXES = 400
OUTCOMES = (*LABELS, *ERROR_KINDS)
VERDICTS = (1 << len(LABELS)) - 1
ERRORS = ((1 << len(OUTCOMES)) - 1) ^ VERDICTS
YES, NO = 0b10, 0b01
TEXT_FIELDS = ("tenant", "model", "surface", "language")
TRUTH_FIELDS = ("stream", "tools")


class TooMany(Exception):
    """More boxes than are worth reckoning with: nothing is said then."""


@dataclass(frozen=True, slots=True)
class Space:
    """The cells of every axis, from all that is written in a set of rules."""

    texts: Mapping[str, tuple[str, ...]]
    """By field, every text that is written; any other text is one more cell."""
    bounds: Mapping[Axis, tuple[float, ...]]
    """By axis, the numbers that are written, in order: each is a cell, and so is every gap between them."""

    def cells(self, axis: Axis) -> int:
        """All cells of the axis, as a box has them."""
        if axis[0] == "outcome":
            return VERDICTS | ERRORS
        if axis in self.bounds:
            return (1 << (2 * len(self.bounds[axis]) + (2 if axis[0] == "score" else 1))) - 1
        if axis[0] in self.texts:
            return (1 << (len(self.texts[axis[0]]) + 1)) - 1
        return YES | NO


def space(rules: Iterable[Rule]) -> Space:
    texts: dict[str, dict[str, None]] = {}
    bounds: dict[Axis, set[float]] = {}
    for rule in rules:
        for condition in rule.conditions:
            if condition.name in TEXT_FIELDS:
                written = [item.value for item in condition.item.items if isinstance(item.value, str)]
                texts.setdefault(condition.name, {}).update(dict.fromkeys(written))
            if condition.name in ("score", "characters"):
                bounds.setdefault(number_axis(condition), set()).update(numbers(condition.item))
    return Space(
        {name: tuple(found) for name, found in texts.items()},
        {axis: tuple(sorted(found)) for axis, found in bounds.items()},
    )


def number_axis(condition: Condition) -> Axis:
    return condition.name, condition.guardian


def numbers(item: Item) -> Iterator[float]:
    if isinstance(item.value, dict):
        yield from (float(one.value) for one in item.value.values() if isinstance(one.value, int | float))


def matched(rule: Rule, within: Space) -> Region:
    """Where the rule's match holds."""
    return part_of(rule.applies_to, rule.matches, within, certain=True)


def possible(rule: Rule, within: Space) -> Region:
    """Where it holds or cannot be told, for want of a verdict."""
    return part_of(rule.applies_to, rule.matches, within, certain=False)


def named(rule: Rule, within: Space) -> Region:
    """Where it holds by what it says about errors: it may decide there though an earlier rule could not be told."""
    if rule.applies_to and all(match.names_error() for match in rule.applies_to):
        return matched(rule, within)
    own = tuple(match for match in rule.matches if match.names_error())
    return part_of(rule.applies_to, own, within, certain=True) if own else []


def part_of(applies_to: Sequence[Match], own: Sequence[Match], within: Space, *, certain: bool) -> Region:
    return joined(any_of(applies_to, within, certain=certain), any_of(own, within, certain=certain))


def any_of(matches: Sequence[Match], within: Space, *, certain: bool) -> Region:
    """`certain`: where it holds. Else: where it does not fail."""
    return [box for match in matches for box in all_of(match, within, certain=certain)] if matches else EVERYTHING


def all_of(match: Match, within: Space, *, certain: bool) -> Region:
    region = EVERYTHING
    for condition in match.conditions:
        region = joined(region, held(condition, within) + ([] if certain else untold(condition, within)))
    for matches in match.nots:
        region = without(region, any_of(matches, within, certain=not certain), within)
    return region


def untold(condition: Condition, within: Space) -> Region:
    """Where the condition cannot be told: its guardian failed, or gave no score."""
    if condition.needs != "verdict":
        return []
    outcome: Axis = ("outcome", condition.guardian)
    missing = (
        [{outcome: VERDICTS, number_axis(condition): missing_cell(condition, within)}]
        if condition.name == "score"
        else []
    )
    return [{outcome: ERRORS}, *missing]


def held(condition: Condition, within: Space) -> Region:
    """Where the condition holds."""
    name, exact = condition.name, condition.test.exact
    outcome: Axis = ("outcome", condition.guardian)
    if name in ("verdict", "error") and exact is not None:
        return [{outcome: bits(OUTCOMES, exact)}]
    if name == "category" and exact is not None:
        return [{outcome: VERDICTS, ("category", condition.guardian, one): YES} for one in sorted(exact)]
    if name == "score":
        return [{outcome: VERDICTS, number_axis(condition): number_cells(condition, within)}]
    if name == "characters":
        return [{number_axis(condition): number_cells(condition, within)}]
    if name in TRUTH_FIELDS:
        return [{(name,): YES if condition.item.value else NO}]
    if name in TEXT_FIELDS and exact is not None:
        return [{(name,): bits(within.texts[name], exact)}]
    return [{("opaque", name, repr(condition.item.plain())): YES}]


def missing_cell(condition: Condition, within: Space) -> int:
    """The last cell of a score's axis: there is none."""
    return 1 << (2 * len(within.bounds[number_axis(condition)]) + 1)


def bits(cells: Sequence[str], wanted: Iterable[str]) -> int:
    return sum(1 << cells.index(one) for one in wanted)


def number_cells(condition: Condition, within: Space) -> int:
    """The cells whose numbers the bounds hold for: below, at and above each number that is written."""
    points = within.bounds[number_axis(condition)]
    samples = [points[0] - 1.0]
    for i, point in enumerate(points):
        above = points[i + 1] if i + 1 < len(points) else point + 2.0
        samples += [point, (point + above) / 2]
    written = condition.item.value
    assert isinstance(written, dict)
    return sum(
        1 << i for i, sample in enumerate(samples) if all(bound(how, sample, one) for how, one in written.items())
    )


def bound(how: str, sample: float, item: Item) -> bool:
    assert isinstance(item.value, int | float)
    limit = float(item.value)
    return {"gt": sample > limit, "gte": sample >= limit, "lt": sample < limit, "lte": sample <= limit}[how]


def joined(first: Region, second: Region) -> Region:
    """Where both hold."""
    if len(first) * len(second) > MOST_BOXES:
        raise TooMany
    return [both for one in first for other in second if (both := meeting(one, other)) is not None]


def meeting(one: Box, other: Box) -> Box | None:
    """The cells that both have; None when there are none on some axis."""
    made = dict(one)
    for axis, cells in other.items():
        made[axis] = made[axis] & cells if axis in made else cells
        if not made[axis]:
            return None
    return made


def without(region: Region, taken: Region, within: Space) -> Region:
    """What is left of the region when `taken` is taken out of it."""
    for box in taken:
        region = [piece for one in region for piece in outside(one, box, within)]
        if len(region) > MOST_BOXES:
            raise TooMany
    return region


def outside(box: Box, taken: Box, within: Space) -> Iterator[Box]:
    """The box less another, as boxes that do not overlap: axis by axis, the part that the other does not have."""
    rest = dict(box)
    for axis, cells in taken.items():
        own = rest.get(axis, within.cells(axis))
        if own & ~cells:
            yield {**rest, axis: own & ~cells}
        if not own & cells:
            return
        rest[axis] = own & cells
