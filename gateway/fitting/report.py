"""A fit as tables for a terminal, and as the file that a guardian's settings name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.evaluation.intervals import Interval
from gateway.fitting.calibrate import Calibrated
from gateway.fitting.thresholds import Threshold
from gateway.guardian.calibration import Platt
from gateway.guardian.fitted import FORMAT, as_fields

FIGURES = ("ece", "brier", "log_loss")
NAMES = ("calibration error (ECE)", "Brier score", "log loss")


def as_json(made: Calibrated, identity: dict[str, Any]) -> dict[str, Any]:
    """What `gateway.guardian.fitted` reads, and where it comes from. `identity`: the guardian, the data, the day."""
    scored = made.scored
    counts = {"rows": len(scored.scores), "harmful": scored.positives, "safe": scored.negatives}
    return {
        "format": FORMAT,
        **as_fields(made.calibration),
        **identity,
        **counts,
        "left_out": scored.left_out,
        "folds": made.folds,
        "before": asdict(made.before),
        "after": asdict(made.after),
        "thresholds": [asdict(one) for one in made.thresholds],
        "cautions": list(made.cautions),
    }


def tables(made: Calibrated) -> Group:
    parts: list[RenderableType] = [Text(summary(made)), quality(made), thresholds(made)]
    return Group(*parts, *(Text(f"warning: {caution}") for caution in made.cautions))


def summary(made: Calibrated) -> str:
    scored = made.scored
    return (
        f"{len(scored.scores):,} rows with a score, {scored.positives:,} harmful and {scored.negatives:,} safe."
        f" {told(made)}, looked at with {made.folds} folds."
    )


def told(made: Calibrated) -> str:
    if isinstance(made.calibration, Platt):
        return f"Platt: slope {made.calibration.slope:.3f}, intercept {made.calibration.intercept:.3f}"
    return f"Isotonic: {len(made.calibration.points)} points"


def quality(made: Calibrated) -> Table:
    table = new_table("", "raw score", "fitted, held-out rows")
    for name, figure in zip(NAMES, FIGURES, strict=True):
        table.add_row(name, *(f"{getattr(side, figure):.3f}" for side in (made.before, made.after)))
    return table


def thresholds(made: Calibrated) -> Table:
    """Held out: the threshold of each row was chosen without it, so this is what to expect of other rows."""
    table = new_table("false positives", "threshold", "here", "held out", "recall, held out", "F1, held out")
    for one in made.thresholds:
        table.add_row(*row(one))
    return table


def row(one: Threshold) -> Iterator[str]:
    yield named(one)
    yield "none" if one.value is None else f"{one.value:g}"
    yield f"{one.here.fpr:.3f}"
    yield share(one.held_out.fpr, one.held_out.fpr_interval)
    yield share(one.held_out.recall, one.held_out.recall_interval)
    yield f"{one.held_out.f1:.3f}"


def named(one: Threshold) -> str:
    """What was wanted, or the label's own threshold."""
    if one.wanted is None:
        return "label `unsafe`"
    return "best F1" if one.wanted == "f1" else f"at most {one.wanted:g}"


def share(value: float, interval: Interval) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def new_table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
