"""`stream`: whether the caller asked for a stream."""

from __future__ import annotations

from gateway.policy.matching import truth
from gateway.policy.rules import Needs, Scope, Test
from gateway.policy.source import Item

NAME = "stream"
NEEDS: Needs = "request"


def compile(item: Item, scope: Scope) -> Test | None:
    wanted = truth(item, NAME, scope.findings)
    return None if wanted is None else lambda facts: facts.query.stream is wanted
