"""Means over groups, so that a large slice does not speak for all; and what is kept from people who meant no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.evaluation.datasets import UNKNOWN, Row
from gateway.evaluation.intervals import Interval, of_mean
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.score import FIGURES, Scores, grouped, score_by

ALL = "all"
OF_BOTH_LABELS = ("f1", "precision")
"""Without safe rows precision is 1 whatever the guardian does: such a group would only flatter these means."""


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a figure over the groups that have it, and how many these are."""

    value: float
    groups: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows that are all safe: how many are flagged, and their share."""

    n: int
    flagged: int
    fpr: float
    interval: Interval


def macro(judged: Sequence[Judged], reading: Reading) -> dict[str, dict[str, Mean]]:
    """Means over slices (over sources where no row names a slice) of all rows, and of each language's rows."""
    name = parts_of(judged)
    found = {ALL: means(score_by(judged, name, reading).values())}
    for lang, members in grouped(judged, lambda row: row.lang).items():
        found[lang] = means(score_by(members, name, reading).values())
    return found


def parts_of(judged: Iterable[Judged]) -> Callable[[Row], str]:
    sliced = any(one.row.slice != UNKNOWN for one in judged)
    return (lambda row: row.slice) if sliced else (lambda row: row.source)


def means(groups: Iterable[Scores]) -> dict[str, Mean]:
    listed = list(groups)
    found = {name: mean(name, listed) for name in FIGURES}
    return {name: one for name, one in found.items() if one is not None}


def mean(name: str, groups: Sequence[Scores]) -> Mean | None:
    counted = [group for group in groups if group.safe or name not in OF_BOTH_LABELS]
    parts = [
        (value, interval)
        for group in counted
        if (value := getattr(group, name)) is not None and (interval := group.intervals[name]) is not None
    ]
    return Mean(sum(value for value, _ in parts) / len(parts), len(parts), of_mean(parts)) if parts else None


def over_refusal(groups: Mapping[str, Scores]) -> dict[str, Refused]:
    """The groups that are all safe: whatever is flagged there is refused for nothing."""
    return {
        name: Refused(one.n, round(one.fpr * one.safe), one.fpr, interval)
        for name, one in groups.items()
        if one.harmful == 0 and one.fpr is not None and (interval := one.intervals["fpr"]) is not None
    }
