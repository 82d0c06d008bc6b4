"""From a model's raw score to a probability."""

from __future__ import annotations

import math
from bisect import bisect_left
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
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.slope * log_odds(score) + self.intercept))))


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Straight lines between points (score, probability) that rise; level before the first and after the last."""

    points: tuple[tuple[float, float], ...]

    def probability(self, score: float) -> float:
        place = bisect_left(self.points, (score,))
        if place in (0, len(self.points)):
            return self.points[min(place, len(self.points) - 1)][1]
        (x0, y0), (x1, y1) = self.points[place - 1 : place + 1]
        return min(y1, y0 + (y1 - y0) * ((score - x0) / (x1 - x0)))


def log_odds(score: float) -> float:
    return math.log(max(score, 1e-12)) - math.log(max(1.0 - score, 1e-12))
