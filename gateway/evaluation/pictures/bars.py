"""Figures of each group with their intervals: F1 where a group has both labels, recall or FPR where it has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.evaluation.pictures.canvas import BLUE, DARK, GREY, new_figure, plain, save, short
from gateway.evaluation.score import Scores

MOST_BARS = 40
PANELS = (
    ("f1", "F1, harmful and safe rows", BLUE),
    ("recall", "recall, only harmful rows", BLUE),
    ("fpr", "FPR, only safe rows", GREY),
)
Groups = Sequence[tuple[str, Scores]]


def draw(groups: Mapping[str, Scores], path: Path, title: str) -> None:
    """The largest groups, where there are many."""
    largest = dict(sorted(groups.items(), key=lambda pair: -pair[1].n)[:MOST_BARS])
    found = [(*panel, [pair for pair in largest.items() if figure_of(pair[1]) == panel[0]]) for panel in PANELS]
    panels = [panel for panel in found if panel[3]]
    heights = [len(members) + 1.5 for *_, members in panels]
    left_out = f", the {MOST_BARS} largest of {len(groups)}" if len(groups) > MOST_BARS else ""
    figure = new_figure(8, 0.32 * sum(heights) + 0.8, title + left_out)
    axes = figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False, sharex=True)[:, 0]
    for axis, (name, heading, color, members) in zip(axes, panels, strict=True):
        panel(axis, name, heading, color, members)
    save(figure, path)


def figure_of(scores: Scores) -> str:
    if scores.harmful and scores.safe:
        return "f1"
    return "recall" if scores.harmful else "fpr"


def panel(axis: Any, name: str, heading: str, color: str, members: Groups) -> None:
    """From the best to the worst, each with its number of rows."""
    ordered = sorted(members, key=lambda pair: getattr(pair[1], name) or 0.0, reverse=name != "fpr")
    values = [getattr(scores, name) or 0.0 for _, scores in ordered]
    intervals = [scores.intervals[name] or (value, value) for (_, scores), value in zip(ordered, values, strict=True)]
    below = [max(0.0, value - low) for value, (low, _) in zip(values, intervals, strict=True)]
    above = [max(0.0, high - value) for value, (_, high) in zip(values, intervals, strict=True)]
    look = {"color": color, "ecolor": DARK, "capsize": 2, "height": 0.7}
    axis.barh(range(len(ordered)), values, xerr=(below, above), **look)
    names = [f"{short(group)}  ({scores.n:,})" for group, scores in ordered]
    axis.set_yticks(range(len(ordered)), names, fontsize=8, parse_math=False)
    axis.set_title(heading, loc="left", fontsize=10)
    axis.set_xlim(0, 1)
    axis.invert_yaxis()
    plain(axis)
