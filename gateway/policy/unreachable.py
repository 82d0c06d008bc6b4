"""P103: rules that can never fire, by reckoning with what the rules before them match (see `regions`).

It follows `PolicySet.decide`: a query is *live* until a rule could not be told for want of a verdict; from then on it
is *failed*, and what decides is what rules say about errors and what keeps the query back for certain; and when a rule
has forwarded for certain, only what is *named* as an error. A rule fires when it decides because it matches, or is
recorded as matching.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.policy.boxes import ANYWHERE, EVERYTHING, NOTHING, Box, Reckoning, Region, TooMany, meets, outline
from gateway.policy.regions import Regions
from gateway.policy.rules import Mode, Rule
from gateway.policy.space import Space, space

WORK = 1_000_000
"""Steps for all rules together, some seconds at most. A rule that needs more than its share is not reported."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a rule matches, where it does by what it says about errors, where it may decide though an earlier one could
    not be told, where it may match and where it cannot be told; `around` is a box around all of it. `always`: it
    decides wherever it matches; a canary may stand aside.
    """

    rule: Rule
    matched: Region
    named: Region
    after: Region
    possible: Region
    untold: Region
    around: Box | None
    always: bool


def unreachable(rules: Sequence[Rule], work: int = WORK) -> Iterator[tuple[Rule, tuple[Rule, ...]]]:
    """Each rule of one phase that can never fire, and the earlier rules that take all of it: none when nothing can meet
    its match.
    """
    within = space(rules)
    share = work // max(1, len(rules))
    before: list[Reach] = []
    for rule in rules:
        reach = reach_of(rule, within, share)
        touching = [one for one in before if touch(reach, one)]
        takers = alone(reach, touching, Reckoning(within.cells, share))
        if takers is None:
            takers = together(reach, touching, Reckoning(within.cells, share))
        if takers is not None:
            yield rule, takers
        if decides(rule.mode):
            before.append(reach)


def decides(mode: Mode) -> bool:
    return mode.kind != "shadow" and mode.percent > 0


def reach_of(rule: Rule, within: Space, share: int) -> Reach:
    """A rule that is too much to reckon with may be anything anywhere."""
    reckoning = Reckoning(within.cells, share)
    regions = Regions(within, reckoning)
    try:
        matched, possible = regions.matched(rule), regions.possible(rule)
        named = regions.named(rule) if decides(rule.mode) else NOTHING
        after = matched if rule.keeps_back and decides(rule.mode) else named
        untold = reckoning.without(possible, matched)
    except TooMany:
        return Reach(rule, EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, ANYWHERE, always=False)
    return Reach(rule, matched, named, after, possible, untold, outline(possible), always=rule.mode.percent == 100)


def touch(one: Reach, other: Reach) -> bool:
    return one.around is not None and other.around is not None and meets(one.around, other.around)


def alone(reach: Reach, before: Iterable[Reach], reckoning: Reckoning) -> tuple[Rule, ...] | None:
    """The one rule that takes all of it, live and failed, whatever the others do: much cheaper to find than several,
    and better to read.
    """
    if not reach.matched:
        return ()
    before = list(before)
    forwards = any(not one.rule.keeps_back for one in before)
    try:
        for one in before:
            left = reckoning.without(reach.after, one.after)
            if forwards and not left:
                left = reckoning.without(reach.named, one.named)
            if not left and taken(reach, [one], reckoning) is not None:
                return (one.rule,)
    except TooMany:
        pass
    return None


def together(reach: Reach, before: Iterable[Reach], reckoning: Reckoning) -> tuple[Rule, ...] | None:
    """The several that do."""
    try:
        takers = taken(reach, before, reckoning)
    except TooMany:
        return None
    return None if takers is None else tuple(one.rule for one in takers)


def taken(reach: Reach, before: Iterable[Reach], reckoning: Reckoning) -> list[Reach] | None:
    """Those that take a part each, or None when something is left where the rule fires, live or failed."""
    live, failed, named = reach.matched, NOTHING, NOTHING
    takers = []
    for one in before:
        untold = reckoning.joined(reckoning.joined(live, one.untold), reach.after)
        rest = (live, failed, named)
        if one.always:
            live, failed = reckoning.without(live, one.possible), reckoning.without(failed, one.after)
            named = reckoning.without(named, one.named)
            if not one.rule.keeps_back:
                named += reckoning.joined(reckoning.joined(failed, one.matched), reach.named)
                failed = reckoning.without(failed, one.matched)
        if (live, failed, named) != rest:
            takers.append(one)
        failed += untold
        if not live and not failed and not named:
            return takers
    return None if live or failed or named else takers
