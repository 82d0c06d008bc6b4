"""The two fits, by scikit-learn. What comes out needs none of it: two numbers, or a list of points."""

from __future__ import annotations

from typing import Literal

from gateway.errors import ConfigurationError
from gateway.fitting.scored import Scored
from gateway.guardian.calibration import Isotonic, Platt, log_odds

Method = Literal["platt", "isotonic"]
STEEPNESS = 1e-3
"""How much of an isotonic fit is the score itself: enough that no two scores become the same probability."""


def check() -> None:
    """Before an hour of judging, not after it."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise ConfigurationError("fitting needs scikit-learn: pip install 'guardian-gateway[calibration]'") from None


def fit(method: Method, scored: Scored) -> Platt | Isotonic:
    """Raises ConfigurationError when the scores do not rise with harm."""
    return platt(scored) if method == "platt" else isotonic(scored)


def platt(scored: Scored) -> Platt:
    """Two numbers by logistic regression on the log-odds, with Platt's softened targets: labels that the scores part
    cleanly would otherwise have no finite slope. A soft target is the row twice, with weights.
    """
    from sklearn.linear_model import LogisticRegression

    odds = [[log_odds(score)] for score in scored.scores]
    harm, none = (scored.positives + 1) / (scored.positives + 2), 1 / (scored.negatives + 2)
    targets = [harm if harmful else none for harmful in scored.harmful]
    fitted = LogisticRegression(C=float("inf"), tol=1e-8, max_iter=1000).fit(
        odds + odds, [1] * len(odds) + [0] * len(odds), [*targets, *(1 - target for target in targets)]
    )
    slope, intercept = float(fitted.coef_[0][0]), float(fitted.intercept_[0])
    if slope <= 0:
        raise no_signal()
    return Platt(slope, intercept)


def isotonic(scored: Scored) -> Isotonic:
    """The rising line with the least squared error, kept off 0 and 1 by as much as one row more would tell."""
    from sklearn.isotonic import IsotonicRegression

    rows = len(scored.scores)
    model = IsotonicRegression(y_min=1 / (rows + 2), y_max=(rows + 1) / (rows + 2), out_of_bounds="clip")
    model.fit(scored.scores, [float(harmful) for harmful in scored.harmful])
    if model.y_thresholds_[0] >= model.y_thresholds_[-1]:
        raise no_signal()
    places = sorted({0.0, 1.0, *map(float, model.X_thresholds_)})
    heights = (float(height) for height in model.predict(places))
    return Isotonic(tuple((x, (1 - STEEPNESS) * y + STEEPNESS * x) for x, y in zip(places, heights, strict=True)))


def no_signal() -> ConfigurationError:
    return ConfigurationError(
        "the guardian's scores are no higher for harmful rows than for safe ones: look at the labels, and at the"
        " guardian with `gateway guardian try`"
    )
