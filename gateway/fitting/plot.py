"""The reliability diagram: of the rows with a probability near p, how many are harmful. On the diagonal they are p."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.evaluation.score import BINS, binned, wilson
from gateway.fitting.calibrate import Calibrated

BEFORE, AFTER, DIAGONAL = "#9aa5b1", "#0072b2", "#444444"
"""Grey and blue: they differ in lightness too."""


def draw(made: Calibrated, path: Path, title: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=12)
    curves, counts = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    curves.plot([0, 1], [0, 1], color=DIAGONAL, linewidth=0.8, linestyle="--")
    harmful = made.scored.harmful
    for name, values, color, error in (
        ("raw score", made.scored.scores, BEFORE, made.before.ece),
        (f"{made.method}, held-out rows", made.held_out, AFTER, made.after.ece),
    ):
        curve(curves, list(zip(values, harmful, strict=True)), color, f"{name}: ECE {error:.3f}")
        counts.hist(values, bins=BINS, range=(0, 1), color=color, histtype="step")
    curves.set_ylabel("share that is harmful")
    curves.legend(loc="upper left", frameon=False)
    counts.set_ylabel("rows")
    counts.set_xlabel("P(unsafe)")
    for axis in (curves, counts):
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def curve(axis: Any, pairs: Sequence[tuple[float, bool]], color: str, label: str) -> None:
    """A point a bin, with the 95 % interval of its share."""
    bins = [members for _, members in sorted(binned(pairs).items())]
    places = [sum(value for value, _ in members) / len(members) for members in bins]
    shares = [sum(harm for _, harm in members) / len(members) for members in bins]
    intervals = [wilson(sum(harm for _, harm in members), len(members)) or (0.0, 1.0) for members in bins]
    below = [max(0.0, share - low) for share, (low, _) in zip(shares, intervals, strict=True)]
    above = [max(0.0, high - share) for share, (_, high) in zip(shares, intervals, strict=True)]
    axis.errorbar(places, shares, (below, above), color=color, marker="o", capsize=2, linewidth=1.2, label=label)
