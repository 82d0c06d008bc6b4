"""Where to draw the line: the lowest threshold on the probability that flags no more safe rows than is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from gateway.evaluation.score import Interval, wilson
from gateway.fitting.folds import Fold
from gateway.fitting.scored import Scored

NEVER = 2.0
"""A threshold that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the harmful and of the safe rows that are flagged, each with its 95 % interval."""

    recall: float
    recall_interval: Interval
    fpr: float
    fpr_interval: Interval


@dataclass(frozen=True, slots=True)
class Threshold:
    """`wanted`: the false-positive rate that was asked for; None: a threshold that was given. `value` is None when no
    threshold keeps to it. `here` is on the rows that it was chosen on, `held_out` on rows that it was chosen without.
    """

    wanted: float | None
    value: float | None
    here: Rates
    held_out: Rates


def threshold_for(wanted: float, probabilities: Sequence[float], harmful: Sequence[bool]) -> float | None:
    """The middle between the last safe row that may not be flagged and the next score above it, in few digits."""
    safe = sorted((p for p, harm in zip(probabilities, harmful, strict=True) if not harm), reverse=True)
    allowed = floor(wanted * len(safe) + 1e-9)
    if allowed >= len(safe):
        return 0.0
    low = safe[allowed]
    high = min((p for p in probabilities if p > low), default=1.0)
    return short_between(low, high) if low < high else None


def short_between(low: float, high: float) -> float:
    """A number over `low` and not over `high`, near their middle."""
    middle = (low + high) / 2
    near = (round(middle, digits) for digits in range(2, 17))
    return next((value for value in near if low < value <= high), high)


def rates(flagged: Sequence[bool], harmful: Sequence[bool]) -> Rates:
    positives = sum(harmful)
    negatives = len(harmful) - positives
    hits = sum(f and h for f, h in zip(flagged, harmful, strict=True))
    alarms = sum(flagged) - hits
    caught, false = wilson(hits, positives), wilson(alarms, negatives)
    assert caught is not None
    assert false is not None
    return Rates(hits / positives, caught, alarms / negatives, false)


def rates_at(threshold: float, probabilities: Sequence[float], harmful: Sequence[bool]) -> Rates:
    return rates([p >= threshold for p in probabilities], harmful)


def suggested(wanted: float, probabilities: Sequence[float], scored: Scored, folds: Sequence[Fold]) -> Threshold:
    value = threshold_for(wanted, probabilities, scored.harmful)
    here = rates_at(NEVER if value is None else value, probabilities, scored.harmful)
    return Threshold(wanted, value, here, rates(flags_held_out(wanted, scored, folds), scored.harmful))


def flags_held_out(wanted: float, scored: Scored, folds: Sequence[Fold]) -> list[bool]:
    """Each row by a threshold, and a calibration, that were chosen without it."""
    flags = [False] * len(scored.scores)
    for fold in folds:
        seen = [fold.calibration.probability(score) for score in fold.seen.scores]
        value = threshold_for(wanted, seen, fold.seen.harmful)
        for place in fold.unseen:
            flags[place] = value is not None and fold.calibration.probability(scored.scores[place]) >= value
    return flags
