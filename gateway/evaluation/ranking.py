"""How well scores rank harmful rows before safe ones: the precision-recall curve, its area and the area's interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from gateway.evaluation.intervals import Interval, on_log_odds, wilson
from gateway.evaluation.judged import Judged

FEW = 50
"""With fewer harmful rows the sampling variance is too small too often: Wilson's interval, which is wider, is taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """A threshold: how many harmful and safe rows have exactly this score, and how many this one or a higher."""

    score: float
    harmful: int
    safe: int
    tp: int
    fp: int

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp)


def steps(group: Sequence[Judged]) -> list[Step] | None:
    """By falling score. None when a verdict has no score, and when the group has only one label: any ranking of it is
    perfect.
    """
    if sum(one.harmful for one in group) in (0, len(group)):
        return None
    scored = [(value, one.harmful) for one in group if (value := one.score) is not None]
    return list(stepped(scored)) if len(scored) == len(group) else None


def stepped(scored: Sequence[tuple[float, bool]]) -> Iterator[Step]:
    tp = fp = 0
    for score, tied in groupby(sorted(scored, reverse=True), key=lambda pair: pair[0]):
        members = [harmful for _, harmful in tied]
        harmful, safe = sum(members), len(members) - sum(members)
        tp, fp = tp + harmful, fp + safe
        yield Step(score, harmful, safe, tp, fp)


def area(found: Sequence[Step]) -> float:
    """Average precision: over falling thresholds, precision times the step in recall; equal scores are one step."""
    return min(1.0, sum(step.precision * step.harmful for step in found) / found[-1].tp)


def interval(found: Sequence[Step]) -> Interval | None:
    """From the sampling variance of the area, on the log-odds; of few rows, or a perfect ranking, Wilson's with the
    harmful rows as the number.
    """
    value, spread = area(found), variance(found)
    if found[-1].tp < FEW or not 0 < value < 1 or spread <= 0:
        return wilson(value * found[-1].tp, found[-1].tp)
    return on_log_odds(value, spread)


def variance(found: Sequence[Step]) -> float:
    """By the infinitesimal jackknife: how much the area moves with the weight of each row, harmful and safe rows drawn
    apart. A row moves its own precision, and that of every harmful row at or below it.
    """
    positives, negatives, value = found[-1].tp, found[-1].fp, area(found)
    gained = from_here(step.harmful * step.fp / (step.tp + step.fp) ** 2 for step in found)
    lost = from_here(step.harmful * step.tp / (step.tp + step.fp) ** 2 for step in found)
    moved = [step.precision - value + gain for step, gain in zip(found, gained, strict=True)]
    of_harmful = spread([step.harmful for step in found], moved, positives)
    return (of_harmful + spread([step.safe for step in found], lost, negatives)) / positives**2


def from_here(values: Iterator[float]) -> list[float]:
    """At each place the sum of what is there and after it."""
    return list(accumulate(reversed(list(values))))[::-1]


def spread(counts: Sequence[int], values: Sequence[float], n: int) -> float:
    """n times the sample variance of values that occur so often."""
    if n < 2:
        return 0.0
    mean = sum(count * value for count, value in zip(counts, values, strict=True)) / n
    return sum(count * (value - mean) ** 2 for count, value in zip(counts, values, strict=True)) * n / (n - 1)
