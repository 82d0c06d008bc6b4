"""Which rows a guardian is asked to write a response to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged, Reading
from gateway.types import Verdict


@dataclass(frozen=True, slots=True)
class Wanted:
    row: Row
    forced: bool


def chosen(judged: Sequence[Judged], reading: Reading, *, most: int, most_forced: int) -> list[Wanted]:
    """Rows that are flagged, and harmful ones that are not: of either at most so many, by their keys. That is as good
    as by chance, and a larger choice holds the smaller one.
    """
    verdicts = [one for one in judged if isinstance(one.outcome, Verdict)]
    flagged = [one.row for one in verdicts if reading.flags(one)]
    missed = [one.row for one in verdicts if one.harmful and not reading.flags(one)]
    own = [Wanted(row, forced=False) for row in first(flagged, most)]
    return own + [Wanted(row, forced=True) for row in first(missed, most_forced)]


def first(rows: Iterable[Row], most: int) -> list[Row]:
    return sorted(rows, key=lambda row: row.key)[:most]
