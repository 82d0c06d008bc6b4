"""The whole of it: choose a method, fit, look at it on rows that the fit has not seen, suggest thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.fitting import cautions
from gateway.fitting.figures import Figures, figures
from gateway.fitting.fit import Method, fit
from gateway.fitting.folds import Fold, folds_of, held_out
from gateway.fitting.scored import Scored
from gateway.fitting.thresholds import Goal, Threshold, rates_at, suggested
from gateway.guardian.calibration import Isotonic, Platt

Choice = Literal["platt", "isotonic", "auto"]
LABEL_AT = 0.5
"""A calibrated guardian with two labels says `unsafe` from this probability on."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The fit to all rows. `before` is of the raw scores, `after` and `held_out` of the probabilities that each row
    got from a fit without it.
    """

    method: Method
    calibration: Platt | Isotonic
    scored: Scored
    folds: int
    held_out: tuple[float, ...]
    before: Figures
    after: Figures
    thresholds: tuple[Threshold, ...]
    cautions: tuple[str, ...]


def calibrate(scored: Scored, choice: Choice, wanted: Sequence[float]) -> Calibrated:
    method, folds = chosen(scored, choice)
    calibration = fit(method, scored)
    probabilities = [calibration.probability(score) for score in scored.scores]
    unseen = held_out(folds, scored)
    before, after = figures(scored.scores, scored.harmful), figures(unseen, scored.harmful)
    at_label = Threshold(
        None, LABEL_AT, rates_at(LABEL_AT, probabilities, scored.harmful), rates_at(LABEL_AT, unseen, scored.harmful)
    )
    goals: tuple[Goal, ...] = (*wanted, "f1")
    return Calibrated(
        method=method,
        calibration=calibration,
        scored=scored,
        folds=len(folds),
        held_out=tuple(unseen),
        before=before,
        after=after,
        thresholds=(*(suggested(goal, probabilities, scored, folds) for goal in goals), at_label),
        cautions=(*cautions.of_data(scored, wanted), *cautions.of_fit(method, scored, before, after)),
    )


def chosen(scored: Scored, choice: Choice) -> tuple[Method, list[Fold]]:
    """The method with the smaller log loss on held-out rows; of few rows Platt's, which has less to get wrong."""
    if choice != "auto":
        return choice, folds_of(choice, scored)
    few = len(scored.scores) < cautions.ROWS_FOR_ISOTONIC
    methods: tuple[Method, ...] = ("platt",) if few else ("platt", "isotonic")
    tried = {method: folds_of(method, scored) for method in methods}

    def loss(method: Method) -> float:
        return figures(held_out(tried[method], scored), scored.harmful).log_loss

    best = min(methods, key=loss)
    return best, tried[best]
