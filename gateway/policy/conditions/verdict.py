"""`verdict`: the guardian's label: safe, controversial, unsafe."""

from __future__ import annotations

from gateway.policy.matching import names
from gateway.policy.rules import Answer, Facts, Needs, Scope, Test
from gateway.policy.source import Item
from gateway.types import LABELS, Verdict

NAME = "verdict"
NEEDS: Needs = "verdict"


def compile(item: Item, scope: Scope) -> Test | None:
    wanted = names(item, "verdict", LABELS, scope.findings)
    guardian = scope.guardian

    def test(facts: Facts) -> Answer:
        outcome = facts.outcomes.get(guardian)
        return outcome.label in (wanted or ()) if isinstance(outcome, Verdict) else None

    return None if wanted is None else test
