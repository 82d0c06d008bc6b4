"""`score`: P(unsafe) in bounds. Where the guardian gave a verdict without a score, the rule is undecidable."""

from __future__ import annotations

from gateway.policy.matching import number_test
from gateway.policy.rules import Answer, Facts, Needs, Scope, Test
from gateway.policy.source import Item
from gateway.types import Verdict

NAME = "score"
NEEDS: Needs = "verdict"


def compile(item: Item, scope: Scope) -> Test | None:
    within = number_test(item, NAME, scope.findings)
    guardian = scope.guardian

    def test(facts: Facts) -> Answer:
        outcome = facts.outcomes.get(guardian)
        if within is None or not isinstance(outcome, Verdict) or outcome.score is None:
            return None
        return within(outcome.score)

    return None if within is None else test
