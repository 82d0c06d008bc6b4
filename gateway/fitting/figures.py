"""How good probabilities are: calibration error, Brier score and log loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from gateway.evaluation.reliability import expected_error

FLOOR = 1e-12
"""The least probability in a log loss: one row that a saturated score gets wrong must not make it infinite."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The smaller the better, all three."""

    ece: float
    brier: float
    log_loss: float


def figures(probabilities: Sequence[float], harmful: Sequence[bool]) -> Figures:
    """Of at least one row."""
    pairs = list(zip(probabilities, harmful, strict=True))
    surprise = sum(-log(max(p if harm else 1 - p, FLOOR)) for p, harm in pairs)
    return Figures(
        ece=expected_error(pairs) or 0.0,
        brier=sum((p - harm) ** 2 for p, harm in pairs) / len(pairs),
        log_loss=surprise / len(pairs),
    )
