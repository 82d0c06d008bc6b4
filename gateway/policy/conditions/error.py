"""`error`: why the guardian gave no verdict."""

from __future__ import annotations

from gateway.policy.matching import names
from gateway.policy.rules import Answer, Facts, Needs, Scope, Test
from gateway.policy.source import Item
from gateway.types import ERROR_KINDS, GuardianError

NAME = "error"
NEEDS: Needs = "error"


def compile(item: Item, scope: Scope) -> Test | None:
    wanted = names(item, "error", ERROR_KINDS, scope.findings)
    guardian = scope.guardian

    def test(facts: Facts) -> Answer:
        outcome = facts.outcomes.get(guardian)
        if outcome is None:
            return None
        return isinstance(outcome, GuardianError) and outcome.kind in (wanted or ())

    return None if wanted is None else test
