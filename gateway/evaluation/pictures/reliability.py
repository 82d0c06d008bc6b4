"""The reliability diagram: of the rows with a score near p, how many are harmful. On the diagonal they are p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.evaluation.pictures.canvas import BLUE, DARK, new_figure, plain, save
from gateway.evaluation.reliability import BINS, Pair, bins


@dataclass(frozen=True, slots=True)
class Curve:
    """Scores with their truth, under a name."""

    label: str
    scored: Sequence[Pair]
    color: str = BLUE


def draw(curves: Sequence[Curve], path: Path, title: str) -> None:
    """Below it: how many rows have which score."""
    figure = new_figure(6, 6.4, title)
    shares, counts = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    shares.plot([0, 1], [0, 1], color=DARK, linewidth=0.8, linestyle="--")
    for one in curves:
        plot(shares, one)
        values = [value for value, _ in one.scored]
        counts.hist(values, bins=BINS, range=(0, 1), color=one.color, histtype="step")
    shares.set_ylabel("share that is harmful")
    shares.legend(loc="upper left", frameon=False)
    counts.set_ylabel("rows")
    counts.set_xlabel("P(unsafe)")
    for axis in (shares, counts):
        plain(axis)
    save(figure, path)


def plot(axis: Any, one: Curve) -> None:
    """A point a bin, with the 95 % interval of its share."""
    found = bins(one.scored)
    below = [max(0.0, each.harmful - each.interval[0]) for each in found]
    above = [max(0.0, each.interval[1] - each.harmful) for each in found]
    places, shares = [each.score for each in found], [each.harmful for each in found]
    look = {"marker": "o", "capsize": 2, "linewidth": 1.2, "label": one.label}
    axis.errorbar(places, shares, (below, above), color=one.color, **look)
