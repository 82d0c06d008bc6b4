"""95 % intervals in closed form, so that the same rows give the same interval. Only arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt

Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""
Interval = tuple[float, float]


def wilson(hits: float, n: int) -> Interval | None:
    """Wilson's score interval of a proportion; it stays in 0..1 and is honest for few rows and for 0 or all hits."""
    if n == 0:
        return None
    p = hits / n
    centre, width = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max(0.0, (centre - width) / scale), min(1.0, (centre + width) / scale)


def f1_of_overlap(overlap: float) -> float:
    """F1 from tp / (tp + fp + fn). That is a proportion, and F1 grows with it, so its Wilson interval carries over."""
    return 2 * overlap / (1 + overlap)


def on_log_odds(value: float, variance: float) -> Interval:
    """Of a share whose variance is known, symmetric on the log-odds: it stays in 0..1. Needs 0 < value < 1."""
    middle, width = log(value / (1 - value)), Z * sqrt(variance) / (value * (1 - value))
    return logistic(middle - width), logistic(middle + width)


def logistic(odds: float) -> float:
    return 1 / (1 + exp(-odds)) if odds >= 0 else exp(odds) / (1 + exp(odds))


def of_mean(parts: Sequence[tuple[float, Interval]]) -> Interval:
    """Of the mean of independent figures, from their own intervals: the distances to their bounds are squared and added
    (MOVER, Zou and Donner 2008), so that it keeps their skew. Needs at least one.
    """
    mean = sum(value for value, _ in parts) / len(parts)
    below = sqrt(sum((value - low) ** 2 for value, (low, _) in parts)) / len(parts)
    above = sqrt(sum((high - value) ** 2 for value, (_, high) in parts)) / len(parts)
    return max(0.0, mean - below), min(1.0, mean + above)
