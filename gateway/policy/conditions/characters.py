"""`characters`: the length of the judged text, in bounds."""

from __future__ import annotations

from gateway.policy.matching import number_test
from gateway.policy.rules import Needs, Scope, Test
from gateway.policy.source import Item

NAME = "characters"
NEEDS: Needs = "request"


def compile(item: Item, scope: Scope) -> Test | None:
    test = number_test(item, NAME, scope.findings)
    return None if test is None else lambda facts: test(facts.query.characters)
