"""Where to draw the line: the lowest threshold on the probability that flags no more safe rows than is wanted, or the
threshold of the best F1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Literal

from gateway.evaluation.intervals import Interval, wilson
from gateway.evaluation.ranking import stepped
from gateway.fitting.folds import Fold
from gateway.fitting.scored import Scored

Goal = float | Literal["f1"]
"""A false-positive rate that is not to be exceeded, or the best F1."""
NEVER = 2.0
"""A threshold that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the harmful and of the safe rows that are flagged, each with its 95 % interval."""

    recall: float
    recall_interval: Interval
    fpr: float
    fpr_interval: Interval
    f1: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """`wanted`: what was asked for; None: a threshold that was given. `value` is None when no
    threshold keeps to it. `here` is on the rows that it was chosen on, `held_out` on rows that it was chosen without.
    """

    wanted: Goal | None
    value: float | None
    here: Rates
    held_out: Rates


def threshold_for(wanted: Goal, probabilities: Sequence[float], harmful: Sequence[bool]) -> float | None:
    return best_f1(probabilities, harmful) if wanted == "f1" else at_rate(wanted, probabilities, harmful)


def best_f1(probabilities: Sequence[float], harmful: Sequence[bool]) -> float:
    """The middle between the lowest score that is flagged and the next one below; of equals the highest."""
    found = list(stepped(list(zip(probabilities, harmful, strict=True))))
    positives = found[-1].tp
    best = max(range(len(found)), key=lambda place: found[place].tp / (found[place].tp + found[place].fp + positives))
    below = found[best + 1].score if best + 1 < len(found) else 0.0
    return short_between(below, found[best].score)


def at_rate(wanted: float, probabilities: Sequence[float], harmful: Sequence[bool]) -> float | None:
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
    return Rates(hits / positives, caught, alarms / negatives, false, 2 * hits / (hits + alarms + positives))


def rates_at(threshold: float, probabilities: Sequence[float], harmful: Sequence[bool]) -> Rates:
    return rates([p >= threshold for p in probabilities], harmful)


def suggested(wanted: Goal, probabilities: Sequence[float], scored: Scored, folds: Sequence[Fold]) -> Threshold:
    value = threshold_for(wanted, probabilities, scored.harmful)
    here = rates_at(NEVER if value is None else value, probabilities, scored.harmful)
    return Threshold(wanted, value, here, rates(flags_held_out(wanted, scored, folds), scored.harmful))


def flags_held_out(wanted: Goal, scored: Scored, folds: Sequence[Fold]) -> list[bool]:
    """Each row by a threshold, and a calibration, that were chosen without it."""
    flags = [False] * len(scored.scores)
    for fold in folds:
        seen = [fold.calibration.probability(score) for score in fold.seen.scores]
        value = threshold_for(wanted, seen, fold.seen.harmful)
        for place in fold.unseen:
            flags[place] = value is not None and fold.calibration.probability(scored.scores[place]) >= value
    return flags
