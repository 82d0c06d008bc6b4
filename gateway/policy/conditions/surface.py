"""`surface`: the API shape, such as `chat`, as a text or a pattern."""

from __future__ import annotations

from gateway.policy.matching import text_test
from gateway.policy.rules import Needs, Scope, Test
from gateway.policy.source import Item

NAME = "surface"
NEEDS: Needs = "request"


def compile(item: Item, scope: Scope) -> Test | None:
    test = text_test(item, scope.findings)
    return None if test is None else lambda facts: test(facts.query.surface)
