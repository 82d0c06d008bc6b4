"""`message`: any text of the judged messages, as a text or a pattern."""

from __future__ import annotations

from gateway.policy.matching import TEXT_SCHEMA, text_test
from gateway.policy.rules import Compiled, Needs, Scope
from gateway.policy.source import Item

NAME = "message"
NEEDS: Needs = "request"
CONTENT = True
SCHEMA = TEXT_SCHEMA


def compile(item: Item, scope: Scope) -> Compiled | None:
    test = text_test(item, scope.names)
    return None if test is None else Compiled(lambda facts: test.any_of(facts.texts, lambda: facts.folded))
