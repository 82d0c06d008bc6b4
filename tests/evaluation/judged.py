"""Judged rows in short: a label and a score, or a guardian error."""

from __future__ import annotations

from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged
from gateway.types import GuardianError, Outcome, Verdict


def judged(label: str, score: float | None = None, *, said: str | None = None, row: Row | None = None) -> Judged:
    """`harmful` or `safe`, and the score given (unsafe from one half on), or the label said."""
    assert label in ("harmful", "safe")
    words = said or ("unsafe" if score is not None and score >= 0.5 else "safe")
    outcome: Outcome = Verdict("g", words, (), score, 0.01)  # type: ignore[arg-type]
    return Judged(row or Row("id", "text", label), outcome)  # type: ignore[arg-type]


def failed(label: str) -> Judged:
    assert label in ("harmful", "safe")
    return Judged(Row("id", "text", label), GuardianError("g", "timeout", seconds=2.0))  # type: ignore[arg-type]
