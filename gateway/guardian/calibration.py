"""From a model's raw score to a probability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol


class Calibration(Protocol):
    """A mapping of scores that keeps their order."""

    def probability(self, score: float) -> float:
        """P(unsafe) for a raw score in 0..1."""


@dataclass(frozen=True, slots=True)
class Platt:
    """Platt scaling: the model's log-odds, stretched and shifted."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, score: float) -> float:
        odds = math.log(max(score, 1e-12)) - math.log(max(1.0 - score, 1e-12))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.slope * odds + self.intercept))))
