"""`model`: the model that the caller asked for, as a text or a pattern."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.facts import Facts
from gateway.policy.matching import TEXT_SCHEMA, text_test
from gateway.policy.source import Item

NAME = "model"
NEEDS: Needs = "request"
SCHEMA = TEXT_SCHEMA


def values(facts: Facts, guardian: str) -> Collection[str]:
    del guardian
    return (facts.query.model,)


def compile(item: Item, scope: Scope) -> Compiled | None:
    test = text_test(item, scope.names)
    return None if test is None else Compiled(lambda facts: test.holds(facts.query.model), test.only_exact, test.sought)
