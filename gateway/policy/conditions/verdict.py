"""`verdict`: the guardian's label: safe, controversial, unsafe."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope, one_of
from gateway.policy.facts import Facts
from gateway.policy.matching import names, names_schema
from gateway.policy.source import Item
from gateway.types import LABELS, Verdict

NAME = "verdict"
NEEDS: Needs = "verdict"
SCHEMA = names_schema(LABELS)


def values(facts: Facts, guardian: str) -> Collection[str] | None:
    outcome = facts.outcomes.get(guardian)
    return (outcome.label,) if isinstance(outcome, Verdict) else None


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = names(item, NAME, LABELS, scope.findings)
    return None if wanted is None else one_of(values, wanted, scope.guardian)
