"""`characters`: the length of the judged text, in bounds."""

from __future__ import annotations

from gateway.policy.matching import NUMBER_SCHEMA, number_test
from gateway.policy.rules import Compiled, Needs, Scope
from gateway.policy.source import Item

NAME = "characters"
NEEDS: Needs = "request"
SCHEMA = NUMBER_SCHEMA


def compile(item: Item, scope: Scope) -> Compiled | None:
    test = number_test(item, NAME, scope.findings)
    return None if test is None else Compiled(lambda facts: test(facts.query.characters))
