"""`tools`: whether the caller offered tools."""

from __future__ import annotations

from gateway.policy.matching import TRUTH_SCHEMA, truth
from gateway.policy.rules import Compiled, Needs, Scope
from gateway.policy.source import Item

NAME = "tools"
NEEDS: Needs = "request"
SCHEMA = TRUTH_SCHEMA


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = truth(item, NAME, scope.findings)
    return None if wanted is None else Compiled(lambda facts: facts.query.tools is wanted)
