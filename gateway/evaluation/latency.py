"""How long verdicts take, of all queries and of short and long ones apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from gateway.evaluation.judged import Judged

QUARTERS = 4
PERCENTS = (50, 95, 99)
Percentiles = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Length:
    """Queries of `least` to `most` characters, and the seconds that they took."""

    least: int
    most: int
    n: int
    latency: Percentiles


def percentiles(group: Iterable[Judged]) -> Percentiles:
    seconds = [one.outcome.seconds for one in group]
    return {f"p{percent}": percentile(seconds, percent / 100) for percent in PERCENTS}


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def by_length(judged: Sequence[Judged]) -> list[Length]:
    """The quarters of the rows by their length in characters, shortest first. Rows of one length stay together, so a
    quarter may be missing.
    """
    lengths = [len(one.row.text) for one in judged]
    bounds = [percentile(lengths, quarter / QUARTERS) for quarter in range(1, QUARTERS + 1)]
    groups: dict[int, list[Judged]] = {}
    for one in judged:
        place = next(i for i, bound in enumerate(bounds) if bound is not None and len(one.row.text) <= bound)
        groups.setdefault(place, []).append(one)
    return [length_of(members) for _, members in sorted(groups.items())]


def length_of(members: Sequence[Judged]) -> Length:
    lengths = [len(one.row.text) for one in members]
    return Length(min(lengths), max(lengths), len(members), percentiles(members))
