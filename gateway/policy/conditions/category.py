"""`category`: any category that the guardian named, in the words of our taxonomy."""

from __future__ import annotations

from gateway.policy.matching import names
from gateway.policy.rules import Answer, Facts, Needs, Scope, Test
from gateway.policy.source import Item
from gateway.types import Verdict

NAME = "category"
NEEDS: Needs = "verdict"


def compile(item: Item, scope: Scope) -> Test | None:
    wanted = names(item, "category", scope.categories, scope.findings)
    guardian = scope.guardian

    def test(facts: Facts) -> Answer:
        outcome = facts.outcomes.get(guardian)
        return not (wanted or frozenset()).isdisjoint(outcome.categories) if isinstance(outcome, Verdict) else None

    return None if wanted is None else test
