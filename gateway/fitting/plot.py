"""The reliability diagram of a fit: of the raw scores, and of the probabilities of held-out rows."""

from __future__ import annotations

from pathlib import Path

from gateway.evaluation.pictures.canvas import BLUE, GREY
from gateway.evaluation.pictures.reliability import Curve
from gateway.evaluation.pictures.reliability import draw as draw_curves
from gateway.fitting.calibrate import Calibrated


def draw(made: Calibrated, path: Path, title: str) -> None:
    harmful = made.scored.harmful
    before = list(zip(made.scored.scores, harmful, strict=True))
    after = list(zip(made.held_out, harmful, strict=True))
    curves = (
        Curve(f"raw score: ECE {made.before.ece:.3f}", before, GREY),
        Curve(f"{made.method}, held-out rows: ECE {made.after.ece:.3f}", after, BLUE),
    )
    draw_curves(curves, path, title)
