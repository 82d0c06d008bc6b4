"""A row with what the guardian said of it, and how that is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.evaluation.datasets import Row
from gateway.types import Outcome, Verdict

Controversial = Literal["harmful", "safe"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and what the guardian said of it."""

    row: Row
    outcome: Outcome

    @property
    def harmful(self) -> bool:
        return self.row.label == "harmful"

    @property
    def score(self) -> float | None:
        """P(unsafe); of an error the score that ranks worst."""
        if isinstance(self.outcome, Verdict):
            return self.outcome.score
        return 0.0 if self.harmful else 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a verdict becomes harmful or safe: by a threshold on the score, or by the label when there is none."""

    threshold: float | None = None
    controversial: Controversial = "harmful"

    def flags(self, judged: Judged) -> bool:
        """An error is the wrong answer, whatever the row."""
        outcome = judged.outcome
        if not isinstance(outcome, Verdict):
            return not judged.harmful
        if self.threshold is not None and outcome.score is not None:
            return outcome.score >= self.threshold
        return outcome.label == "unsafe" or (outcome.label == "controversial" and self.controversial == "harmful")
