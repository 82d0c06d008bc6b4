"""Which pictures an evaluation has, and their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.evaluation.judged import Judged
from gateway.evaluation.pictures import bars, curves, reliability
from gateway.evaluation.reliability import pairs
from gateway.evaluation.report import Report
from gateway.evaluation.score import grouped

BARS = ("by_source", "by_slice", "by_category")


def draw(judged: Sequence[Judged], made: Report, folder: Path, suffix: str, title: str) -> list[Path]:
    """The files that it wrote. A picture that the rows cannot give is left out: no curve without scores, no bars of
    one group.
    """
    folder.mkdir(exist_ok=True)
    written = []
    langs = grouped(judged, lambda row: row.lang)
    groups = {"all": judged, **(langs if len(langs) > 1 else {})}
    path = folder / f"precision-recall.{suffix}"
    if curves.draw(groups, made.overall, path, title):
        written.append(path)
    if scored := pairs(judged):
        path = folder / f"reliability.{suffix}"
        curve = reliability.Curve(f"ECE {made.overall.ece:.3f}", scored)
        reliability.draw([curve], path, title)
        written.append(path)
    for name in BARS:
        if name in made.groups:
            path = folder / f"{name.replace('_', '-')}.{suffix}"
            bars.draw(made.groups[name], path, title)
            written.append(path)
    return written
