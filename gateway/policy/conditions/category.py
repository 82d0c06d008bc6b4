"""`category`: any category that the guardian named, in the words of our taxonomy."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope, one_of
from gateway.policy.facts import Facts
from gateway.policy.matching import names
from gateway.policy.source import Item
from gateway.types import Verdict

NAME = "category"
NEEDS: Needs = "verdict"
SCHEMA = {"$ref": "#/$defs/categories"}


def values(facts: Facts, guardian: str) -> Collection[str] | None:
    outcome = facts.outcomes.get(guardian)
    return outcome.categories if isinstance(outcome, Verdict) else None


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = names(item, NAME, scope.names.categories, scope.findings)
    return None if wanted is None else one_of(values, wanted, scope.guardian)
