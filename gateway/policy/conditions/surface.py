"""`surface`: the API shape, such as `chat`, as a text or a pattern."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.facts import Facts
from gateway.policy.matching import TEXT_SCHEMA, text_test
from gateway.policy.source import Item

NAME = "surface"
NEEDS: Needs = "request"
SCHEMA = TEXT_SCHEMA


def values(facts: Facts, guardian: str) -> Collection[str]:
    del guardian
    return (facts.query.surface,)


def compile(item: Item, scope: Scope) -> Compiled | None:
    test = text_test(item, scope.names)
    return (
        None if test is None else Compiled(lambda facts: test.holds(facts.query.surface), test.only_exact, test.sought)
    )
