"""P103: rules that can never fire, by reckoning with what the rules before them match (see `regions`).

It follows `PolicySet.decide`: a query is *live* until a rule could not be told for want of a verdict; from then on it
is *failed*, and only what rules say about errors decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.policy.regions import Region, Space, TooMany, joined, matched, named, possible, space, without
from gateway.policy.rules import Rule


@dataclass(frozen=True, slots=True)
class Reach:
    """What one deciding rule takes away from those after it."""

    rule: Rule
    matched: Region
    possible: Region
    named: Region


def unreachable(rules: Sequence[Rule]) -> Iterator[tuple[Rule, tuple[Rule, ...]]]:
    """Each rule of one phase that can never fire, and the earlier rules that take all of it: none when it contradicts
    itself.
    """
    within = space(rules)
    before: list[Reach] = []
    for rule in rules:
        try:
            reach = Reach(rule, matched(rule, within), possible(rule, within), named(rule, within))
            takers = taken(reach, before, within)
        except TooMany:
            continue
        if takers is not None:
            yield rule, takers
        if rule.mode.kind == "enforce":
            before.append(reach)


def taken(reach: Reach, before: Sequence[Reach], within: Space) -> tuple[Rule, ...] | None:
    """The rules that take all of it, or None when something is left."""
    if left(reach, before, within):
        return None
    alone = next((one for one in before if not left(reach, [one], within)), None)
    touching = (one for one in before if joined(reach.matched, one.possible))
    return tuple(one.rule for one in ([alone] if alone is not None else touching))


def left(reach: Reach, before: Sequence[Reach], within: Space) -> bool:
    """Whether the rule still fires somewhere after these."""
    live = reach.matched
    failed: Region = []
    for one in before:
        untold = without(joined(live, one.possible), one.matched, within)
        failed = without(failed, one.named, within) + untold
        live = without(live, one.possible, within)
        if not live and not failed:
            return False
    return bool(live) or (reach.rule.mode.kind != "shadow" and bool(joined(failed, reach.named)))
