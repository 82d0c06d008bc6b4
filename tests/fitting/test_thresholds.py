"""A suggested threshold keeps to the rate that was asked for, and is the lowest one that does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.fitting.calibrate import calibrate
from gateway.fitting.scored import Scored
from gateway.fitting.thresholds import rates_at, threshold_for
from tests.fitting.data import PROBABILITIES, drawn, labelled


@given(scored=labelled(), wanted=st.floats(0.001, 0.999))
def test_no_more_safe_rows_are_flagged_than_was_asked_for(scored: Scored, wanted: float) -> None:
    value = threshold_for(wanted, scored.scores, scored.harmful)
    if value is not None:
        assert rates_at(value, scored.scores, scored.harmful).fpr <= wanted + 1e-9


@given(scored=labelled(), wanted=st.floats(0.001, 0.999), lower=PROBABILITIES)
def test_no_lower_threshold_flags_more_and_keeps_to_the_rate(scored: Scored, wanted: float, lower: float) -> None:
    value = threshold_for(wanted, scored.scores, scored.harmful)
    flagged = sum(score >= (2.0 if value is None else value) for score in scored.scores)
    if value is None or lower < value:
        more = sum(score >= lower for score in scored.scores) > flagged
        assert not more or rates_at(lower, scored.scores, scored.harmful).fpr > wanted - 1e-9


def test_where_the_highest_score_is_a_safe_row_s_there_is_none() -> None:
    assert threshold_for(0.1, (1.0, 0.5, 1.0), (False, False, True)) is None


def test_a_threshold_has_few_digits() -> None:
    assert threshold_for(0.5, (0.1, 0.2, 0.612345, 0.9), (False, False, True, True)) == 0.15
    assert threshold_for(0.01, (0.1, 0.2, 0.612345, 0.9), (False, False, True, True)) == 0.41


def test_rates_of_other_rows_lie_in_the_interval_of_the_held_out_ones() -> None:
    made = calibrate(drawn(3000, seed=5, stretch=2, shift=1), "platt", [0.05])
    others = drawn(30000, seed=6, stretch=2, shift=1)
    suggested = made.thresholds[0]
    assert suggested.value is not None
    new = rates_at(suggested.value, [made.calibration.probability(s) for s in others.scores], others.harmful)
    assert suggested.held_out.fpr_interval[0] <= new.fpr <= suggested.held_out.fpr_interval[1]
    assert suggested.held_out.recall_interval[0] <= new.recall <= suggested.held_out.recall_interval[1]


@given(scored=labelled(), other=PROBABILITIES)
def test_no_threshold_has_a_better_f1(scored: Scored, other: float) -> None:
    value = threshold_for("f1", scored.scores, scored.harmful)
    assert value is not None
    found = rates_at(value, scored.scores, scored.harmful).f1
    assert found >= rates_at(other, scored.scores, scored.harmful).f1 - 1e-12
    assert found >= max(rates_at(score, scored.scores, scored.harmful).f1 for score in scored.scores) - 1e-12


def test_the_threshold_of_the_best_f1_is_between_two_scores() -> None:
    assert threshold_for("f1", (0.1, 0.2, 0.6, 0.9), (False, False, True, True)) == 0.4
    assert threshold_for("f1", (0.3, 0.9), (True, False)) == 0.15


def test_the_best_f1_stands_beside_the_rates_with_what_to_expect_of_other_rows() -> None:
    made = calibrate(drawn(3000, seed=5, stretch=2, shift=1), "platt", [0.05])
    assert [one.wanted for one in made.thresholds] == [0.05, "f1", None]
    others = drawn(30000, seed=6, stretch=2, shift=1)
    best = made.thresholds[1]
    assert best.value is not None
    new = rates_at(best.value, [made.calibration.probability(s) for s in others.scores], others.harmful)
    assert abs(best.held_out.f1 - new.f1) < 0.03
    assert best.held_out.f1 <= best.here.f1
