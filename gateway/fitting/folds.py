"""Cross-validation: each row is looked at by a calibration that was fitted without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.fitting.fit import Method, fit
from gateway.fitting.scored import Scored
from gateway.guardian.calibration import Isotonic, Platt

MOST_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """What was fitted to, the fit, and the places of the rows that it has not seen."""

    seen: Scored
    calibration: Platt | Isotonic
    unseen: tuple[int, ...]


def folds_of(method: Method, scored: Scored) -> list[Fold]:
    """Up to five, with the labels in each as in the whole; the same ones at each run."""
    from sklearn.model_selection import StratifiedKFold

    count = min(MOST_FOLDS, scored.positives, scored.negatives)
    splits = StratifiedKFold(count, shuffle=True, random_state=0).split(scored.scores, scored.harmful)
    parts = ((scored.part(map(int, seen)), tuple(map(int, unseen))) for seen, unseen in splits)
    return [Fold(seen, fit(method, seen), unseen) for seen, unseen in parts]


def held_out(folds: Sequence[Fold], scored: Scored) -> list[float]:
    """The probability of each row by the fold that has not seen it."""
    found = [0.0] * len(scored.scores)
    for fold in folds:
        for place in fold.unseen:
            found[place] = fold.calibration.probability(scored.scores[place])
    return found
