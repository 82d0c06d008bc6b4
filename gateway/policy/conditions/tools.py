"""`tools`: whether the caller offered tools."""

from __future__ import annotations

from gateway.policy.matching import truth
from gateway.policy.rules import Needs, Scope, Test
from gateway.policy.source import Item

NAME = "tools"
NEEDS: Needs = "request"


def compile(item: Item, scope: Scope) -> Test | None:
    wanted = truth(item, NAME, scope.findings)
    return None if wanted is None else lambda facts: facts.query.tools is wanted
