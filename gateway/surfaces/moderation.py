"""A verdict in OpenAI's own words: the `moderation` field of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.surfaces.moderation_categories import both_names
from gateway.types import GuardianError, Outcomes, Verdict

ONE_RESULT = frozenset({"responses"})
"""Surfaces that have room for one guardian's result: the worst is told."""


def moderation(phases: Mapping[str, Outcomes], surface: str = "") -> dict[str, Any]:
    """`input` and `output`, each with a result for every guardian that was asked. No text and no threshold."""
    told = result_of if surface in ONE_RESULT else results
    return {phase: told(outcomes) for phase, outcomes in phases.items() if outcomes}


def results(outcomes: Outcomes) -> dict[str, Any]:
    verdicts = [outcome for outcome in outcomes.values() if isinstance(outcome, Verdict)]
    if not verdicts:
        failed = next(outcome for outcome in outcomes.values() if isinstance(outcome, GuardianError))
        return {"type": "error", "code": failed.kind, "message": f"the guardian `{failed.guardian}` gave no verdict"}
    return {"type": "moderation_results", "model": verdicts[0].guardian, "results": [result(one) for one in verdicts]}


def result_of(outcomes: Outcomes) -> dict[str, Any]:
    found = results(outcomes)
    told = found.get("results")
    return {"type": "moderation_result", **max(told, key=lambda one: bool(one["flagged"]))} if told else found


def result(verdict: Verdict) -> dict[str, Any]:
    named = both_names(verdict.categories)
    scores = {} if verdict.score is None else dict.fromkeys(named or ("unsafe",), verdict.score)
    return {
        "model": verdict.guardian,
        "flagged": verdict.label != "safe",
        "categories": dict.fromkeys(named, True),
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in named},
    }
