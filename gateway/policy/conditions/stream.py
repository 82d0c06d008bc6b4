"""`stream`: whether the caller asked for a stream."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope, Sought
from gateway.policy.facts import Facts
from gateway.policy.matching import TRUTH_SCHEMA, truth
from gateway.policy.source import Item

NAME = "stream"
NEEDS: Needs = "request"
SCHEMA = TRUTH_SCHEMA


def values(facts: Facts, guardian: str) -> Collection[str]:
    del guardian
    return (str(facts.query.stream),)


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = truth(item, NAME, scope.findings)
    if wanted is None:
        return None
    return Compiled(lambda facts: facts.query.stream is wanted, sought=Sought(frozenset({str(wanted)})))
