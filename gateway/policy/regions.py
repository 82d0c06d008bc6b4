"""What a rule matches, as a region of the space in `space`: for the linter, which asks whether anything is left.

Cells that no query can reach (a `glob` that holds for no text) are taken for reachable: a region that is empty here is
empty in truth, and not always the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.policy.boxes import EVERYTHING, NOTHING, Axis, Reckoning, Region
from gateway.policy.condition import Condition
from gateway.policy.facts import Facts
from gateway.policy.languages import undetermined
from gateway.policy.rules import Match, Rule
from gateway.policy.source import Item
from gateway.policy.space import (
    ERRORS,
    NO,
    NO_SCORE,
    NUMBER_FIELDS,
    OTHER,
    OUTCOMES,
    TEXT_FIELDS,
    VERDICTS,
    YES,
    Space,
    number_axis,
)
from gateway.types import Query

TRUTH_FIELDS = ("stream", "tools")


@dataclass(frozen=True, slots=True)
class Regions:
    """Conditions, matches and rules as regions of one space."""

    space: Space
    reckoning: Reckoning

    def matched(self, rule: Rule) -> Region:
        """Where the rule's match holds."""
        return self.both(rule.applies_to, rule.matches, certain=True)

    def possible(self, rule: Rule) -> Region:
        """Where it holds or cannot be told, for want of a verdict."""
        return self.both(rule.applies_to, rule.matches, certain=False)

    def named(self, rule: Rule) -> Region:
        """Where it holds by what it says about errors: it may decide there though an earlier rule could not be told."""
        if rule.applies_to and all(match.names_error() for match in rule.applies_to):
            return self.matched(rule)
        own = tuple(match for match in rule.matches if match.names_error())
        return self.both(rule.applies_to, own, certain=True) if own else NOTHING

    def both(self, first: tuple[Match, ...], second: tuple[Match, ...], *, certain: bool) -> Region:
        return self.reckoning.joined(self.any_of(first, certain=certain), self.any_of(second, certain=certain))

    def any_of(self, matches: tuple[Match, ...], *, certain: bool) -> Region:
        """`certain`: where one holds. Else: where not all fail."""
        return tuple(box for match in matches for box in self.all_of(match, certain=certain)) if matches else EVERYTHING

    def all_of(self, match: Match, *, certain: bool) -> Region:
        region = EVERYTHING
        for condition in match.conditions:
            region = self.reckoning.joined(region, self.held(condition) + (NOTHING if certain else untold(condition)))
        for matches in match.nots:
            region = self.reckoning.without(region, self.any_of(matches, certain=not certain))
        return region

    def held(self, condition: Condition) -> Region:
        """Where the condition holds."""
        outcome: Axis = ("outcome", condition.guardian)
        if condition.name in NUMBER_FIELDS:
            verdict = {outcome: VERDICTS} if condition.name == "score" else {}
            return ({**verdict, number_axis(condition): self.within_bounds(condition)},)
        if condition.name in TEXT_FIELDS:
            return self.text(condition)
        if condition.name in TRUTH_FIELDS:
            return ({(condition.name,): YES if condition.item.value else NO},)
        if condition.name == "header" and isinstance(condition.item.value, dict):
            return self.headers(condition.item.value)
        return exactly(condition) if condition.test.exact is not None else opaque(condition.name, condition.item)

    def within_bounds(self, condition: Condition) -> int:
        bounds = condition.item.value
        assert isinstance(bounds, dict)
        cells = self.space.cells(number_axis(condition)) & ~(NO_SCORE if condition.name == "score" else 0)
        for how, one in bounds.items():
            assert isinstance(one.value, int | float)
            cells &= self.space.cells_within(number_axis(condition), how, one.value)
        return cells

    def text(self, condition: Condition) -> Region:
        """The texts that are written are tried; of all others only patterns can tell."""
        cells, exact, name = self.space.texts[condition.name], condition.test.exact, condition.name
        if exact is not None:
            return ({(name,): sum(cells[text] for text in exact)},)
        known = sum(cell for text, cell in cells.items() if condition.test.holds(facts(name, text)))
        patterns = (one for one in condition.item.items if not isinstance(one.value, str))
        return ({(name,): known}, *({**box, (name,): OTHER} for one in patterns for box in opaque(name, one)))

    def headers(self, tests: Mapping[str, Item]) -> Region:
        region = EVERYTHING
        for name, item in tests.items():
            region = self.reckoning.joined(region, opaque(f"header {name.lower()}", item))
        return region


def untold(condition: Condition) -> Region:
    """Where the condition cannot be told: its guardian failed, or gave no score."""
    if condition.needs != "verdict":
        return NOTHING
    outcome: Axis = ("outcome", condition.guardian)
    failed: Region = ({outcome: ERRORS},)
    return failed if condition.name != "score" else (*failed, {outcome: VERDICTS, number_axis(condition): NO_SCORE})


def exactly(condition: Condition) -> Region:
    """A condition on the outcome."""
    outcome: Axis = ("outcome", condition.guardian)
    wanted = sorted(condition.test.exact or ())
    if condition.name == "category":
        return tuple({outcome: VERDICTS, ("category", condition.guardian, one): YES} for one in wanted)
    return ({outcome: sum(OUTCOMES[one] for one in wanted)},)


def opaque(name: str, item: Item) -> Region:
    """Of what cannot be taken apart, each alternative holds or not."""
    return tuple({("opaque", name, repr(one)): YES} for one in dict.fromkeys(alternatives(item)))


def alternatives(item: Item) -> Iterator[object]:
    """`{contains: [a, b]}` is `{contains: a}` or `{contains: b}`."""
    for one in item.items:
        if isinstance(one.value, dict) and len(one.value) == 1:
            ((way, inner),) = one.value.items()
            yield from ((way, entry.plain()) for entry in inner.items)
        else:
            yield one.plain()


def facts(field: str, text: str) -> Facts:
    """A query with this text in this field."""
    surface, model, tenant = (text if field == name else "" for name in ("surface", "model", "tenant"))
    return Facts(Query(surface, b"", {}, model, (), "", tenant), {}, undetermined)
