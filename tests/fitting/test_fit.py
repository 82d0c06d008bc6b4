"""A fit keeps the order of scores, is calibrated on rows that it has not seen, and refuses what it cannot fit."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.fitting.figures import figures
from gateway.fitting.fit import Method, fit
from gateway.fitting.scored import Scored
from gateway.guardian.calibration import Isotonic, Platt
from tests.fitting.data import PROBABILITIES, drawn, labelled

METHODS: tuple[Method, ...] = ("platt", "isotonic")


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60)
@given(scored=labelled(), scores=st.lists(PROBABILITIES, min_size=2, max_size=40))
def test_a_higher_score_is_never_less_probable(method: Method, scored: Scored, scores: list[float]) -> None:
    try:
        fitted = fit(method, scored)
    except ConfigurationError:
        assume(False)
    found = [fitted.probability(score) for score in sorted([*scores, *scored.scores])]
    assert all(low <= high for low, high in pairwise(found))
    assert all(0 <= one <= 1 for one in found)


@pytest.mark.parametrize("method", METHODS)
def test_probabilities_of_unseen_rows_are_calibrated(method: Method) -> None:
    seen = drawn(4000, seed=1, stretch=2.5, shift=1.5)
    unseen = drawn(4000, seed=2, stretch=2.5, shift=1.5)
    fitted = fit(method, seen)
    before = figures(unseen.scores, unseen.harmful)
    after = figures([fitted.probability(score) for score in unseen.scores], unseen.harmful)
    assert before.ece > 0.1
    assert after.ece < 0.03
    assert after.log_loss < before.log_loss
    assert after.brier < before.brier


def test_platt_finds_the_distortion_again() -> None:
    fitted = fit("platt", drawn(20000, seed=3, stretch=2.0, shift=1.0))
    assert isinstance(fitted, Platt)
    assert (fitted.slope, fitted.intercept) == (pytest.approx(0.5, abs=0.03), pytest.approx(-0.5, abs=0.06))


def test_labels_that_scores_part_cleanly_have_a_finite_slope() -> None:
    fitted = fit("platt", Scored((0.0, 0.1, 0.9, 1.0) * 20, (False, False, True, True) * 20))
    assert isinstance(fitted, Platt)
    assert 0 < fitted.slope < 100


def test_isotonic_never_says_never_and_ties_no_two_scores() -> None:
    fitted = fit("isotonic", Scored((0.0, 0.1, 0.9, 1.0) * 20, (False, False, True, True) * 20))
    assert isinstance(fitted, Isotonic)
    found = [fitted.probability(score) for score in (0.0, 0.05, 0.1, 0.9, 0.95, 1.0)]
    assert all(low < high for low, high in pairwise(found))
    assert 0 < found[0] < 0.05
    assert 0.95 < found[-1] < 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scores", [(0.9, 0.8, 0.2, 0.1), (0.5, 0.5, 0.5, 0.5)])
def test_scores_that_do_not_rise_with_harm_are_refused(method: Method, scores: tuple[float, ...]) -> None:
    with pytest.raises(ConfigurationError, match="no higher for harmful rows"):
        fit(method, Scored(scores * 5, (False, False, True, True) * 5))
