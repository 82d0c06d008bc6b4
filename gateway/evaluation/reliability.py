"""Whether a score is the probability that it says: bins of the score, and the share of each that is harmful."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.evaluation.intervals import Interval, wilson
from gateway.evaluation.judged import Judged
from gateway.types import Verdict

BINS = 15
Pair = tuple[float, bool]
"""A score, and whether the row is harmful."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows with a score from `low` up to `high`: their mean score, and the share of them that is harmful."""

    low: float
    high: float
    n: int
    score: float
    harmful: float
    interval: Interval


def pairs(group: Iterable[Judged]) -> list[Pair]:
    """Guardian errors have no score, and do not count here."""
    verdicts = [(one.outcome.score, one.harmful) for one in group if isinstance(one.outcome, Verdict)]
    return [(value, harmful) for value, harmful in verdicts if value is not None]


def expected_error(scored: Sequence[Pair]) -> float | None:
    """How far probability and harmful share are apart in each of BINS equal bins, on average."""
    gap = sum(abs(sum(value - harmful for value, harmful in members)) for members in binned(scored).values())
    return gap / len(scored) if scored else None


def bins(scored: Iterable[Pair]) -> list[Bin]:
    """Those that have rows, from the lowest scores on."""
    return [bin_of(place, members) for place, members in sorted(binned(scored).items())]


def bin_of(place: int, members: Sequence[Pair]) -> Bin:
    n, harmful = len(members), sum(harm for _, harm in members)
    interval = wilson(harmful, n)
    assert interval is not None
    return Bin(place / BINS, (place + 1) / BINS, n, sum(value for value, _ in members) / n, harmful / n, interval)


def binned(scored: Iterable[Pair]) -> dict[int, list[Pair]]:
    found: dict[int, list[Pair]] = {}
    for value, harmful in scored:
        found.setdefault(min(int(value * BINS), BINS - 1), []).append((value, harmful))
    return found
