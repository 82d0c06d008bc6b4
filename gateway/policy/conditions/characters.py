"""`characters`: the length of the judged text, in bounds."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.facts import Facts
from gateway.policy.matching import NUMBER_SCHEMA, bounds_of, within
from gateway.policy.source import Item

NAME = "characters"
NEEDS: Needs = "request"
SCHEMA = NUMBER_SCHEMA


def values(facts: Facts, guardian: str) -> Collection[int]:
    del guardian
    return (facts.query.characters,)


def compile(item: Item, scope: Scope) -> Compiled | None:
    bounds = bounds_of(item, NAME, scope.findings)
    if bounds is None:
        return None
    test = within(bounds)
    return Compiled(lambda facts: test(facts.query.characters), bounds=bounds, whole=True)
