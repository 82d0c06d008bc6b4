"""`score`: P(unsafe) in bounds. Where the guardian gave a verdict without a score, the rule is undecidable."""

from __future__ import annotations

from gateway.policy.matching import NUMBER_SCHEMA, number_test
from gateway.policy.rules import Answer, Compiled, Facts, Needs, Scope
from gateway.policy.source import Item
from gateway.types import Verdict

NAME = "score"
NEEDS: Needs = "verdict"
SCHEMA = NUMBER_SCHEMA


def compile(item: Item, scope: Scope) -> Compiled | None:
    within = number_test(item, NAME, scope.findings)
    guardian = scope.guardian
    if within is None:
        return None

    def holds(facts: Facts) -> Answer:
        outcome = facts.outcomes.get(guardian)
        return within(outcome.score) if isinstance(outcome, Verdict) and outcome.score is not None else None

    return Compiled(holds)
