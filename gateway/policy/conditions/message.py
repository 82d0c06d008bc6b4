"""`message`: any text of the judged messages, as a text or a pattern."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.facts import Facts
from gateway.policy.matching import TEXT_SCHEMA, text_test
from gateway.policy.source import Item

NAME = "message"
NEEDS: Needs = "request"
CONTENT = True
SCHEMA = TEXT_SCHEMA


def values(facts: Facts, guardian: str) -> Collection[str]:
    del guardian
    return facts.texts


def compile(item: Item, scope: Scope) -> Compiled | None:
    test = text_test(item, scope.names)
    if test is None:
        return None
    return Compiled(
        lambda facts: test.any_of(facts.texts, lambda: facts.folded),
        sought=test.sought,
        reach=test.reach,
        whole=test.whole,
    )
