"""`error`: why the guardian gave no verdict."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope, one_of
from gateway.policy.facts import Facts
from gateway.policy.matching import names, names_schema
from gateway.policy.source import Item
from gateway.types import ERROR_KINDS, GuardianError

NAME = "error"
NEEDS: Needs = "error"
SCHEMA = names_schema(ERROR_KINDS)


def values(facts: Facts, guardian: str) -> Collection[str] | None:
    outcome = facts.outcomes.get(guardian)
    if outcome is None:
        return None
    return (outcome.kind,) if isinstance(outcome, GuardianError) else ()


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = names(item, NAME, ERROR_KINDS, scope.findings)
    return None if wanted is None else one_of(values, wanted, scope.guardian)
