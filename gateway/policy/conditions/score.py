"""`score`: P(unsafe) in bounds. Where the guardian gave a verdict without a score, the rule is undecidable."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.facts import Answer, Facts
from gateway.policy.matching import NUMBER_SCHEMA, bounds_of, within
from gateway.policy.source import Item
from gateway.types import Verdict

NAME = "score"
NEEDS: Needs = "verdict"
SCHEMA = NUMBER_SCHEMA


def values(facts: Facts, guardian: str) -> Collection[float] | None:
    outcome = facts.outcomes.get(guardian)
    return (outcome.score,) if isinstance(outcome, Verdict) and outcome.score is not None else None


def compile(item: Item, scope: Scope) -> Compiled | None:
    bounds = bounds_of(item, NAME, scope.findings)
    guardian = scope.guardian
    if bounds is None:
        return None
    test = within(bounds)

    def holds(facts: Facts) -> Answer:
        outcome = facts.outcomes.get(guardian)
        return test(outcome.score) if isinstance(outcome, Verdict) and outcome.score is not None else None

    return Compiled(holds, bounds=bounds)
