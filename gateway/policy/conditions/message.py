"""`message`: any text of the judged messages, as a text or a pattern."""

from __future__ import annotations

from gateway.policy.matching import text_test
from gateway.policy.rules import Needs, Scope, Test
from gateway.policy.source import Item

NAME = "message"
NEEDS: Needs = "request"


def compile(item: Item, scope: Scope) -> Test | None:
    test = text_test(item, scope.findings)
    if test is None:
        return None
    return lambda facts: any(test(text) for message in facts.query.messages for text in message.texts)
