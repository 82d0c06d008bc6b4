"""Scores against values computed by hand, and properties that hold for any rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evaluation.datasets import Row
from gateway.evaluation.intervals import wilson
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.latency import percentile
from gateway.evaluation.ranking import area, steps
from gateway.evaluation.reliability import expected_error, pairs
from gateway.evaluation.score import score, score_by
from tests.evaluation.judged import failed, judged

LABEL = Reading()


def auprc(rows: list[Judged]) -> float | None:
    found = steps(rows)
    return None if found is None else area(found)


def calibration_error(rows: list[Judged]) -> float | None:
    return expected_error(pairs(rows))


LABELS = st.sampled_from(["harmful", "safe"])
GRID = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
ANY = st.one_of(st.builds(judged, LABELS, GRID), st.builds(failed, LABELS))


def test_counts_by_hand() -> None:
    """3 of 4 harmful rows found, 1 of 6 safe rows flagged."""
    rows = [*[judged("harmful", 0.9)] * 3, judged("harmful", 0.1), judged("safe", 0.8), *[judged("safe", 0.2)] * 5]
    found = score(rows, LABEL)
    assert (found.n, found.harmful, found.safe, found.errors) == (10, 4, 6, 0)
    assert found.precision == found.recall == found.f1 == 0.75
    assert found.fpr == pytest.approx(1 / 6)


def test_f1_is_not_the_mean_of_precision_and_recall() -> None:
    rows = [judged("harmful", 0.9), *[judged("harmful", 0.1)] * 3]
    found = score(rows, LABEL)
    assert (found.precision, found.recall, found.f1) == (1.0, 0.25, pytest.approx(0.4))


def test_average_precision_by_hand() -> None:
    """Ranked: harmful, safe, harmful, safe: precision 1 at the first half of recall, 2/3 at the second."""
    rows = [judged("harmful", 0.9), judged("safe", 0.8), judged("harmful", 0.7), judged("safe", 0.1)]
    assert auprc(rows) == pytest.approx(1 * 0.5 + 2 / 3 * 0.5)


def test_equal_scores_are_one_step() -> None:
    rows = [judged("harmful", 0.5), judged("safe", 0.5), judged("safe", 0.5), judged("harmful", 0.5)]
    assert auprc(rows) == auprc(rows[::-1]) == 0.5


def test_calibration_error_by_hand() -> None:
    """Two bins: scores of .9 where half is harmful, scores of .1 where none is."""
    rows = [judged("harmful", 0.9), judged("safe", 0.9), judged("safe", 0.1), judged("safe", 0.1)]
    assert calibration_error(rows) == pytest.approx((2 * 0.4 + 2 * 0.1) / 4)


def test_a_score_of_one_is_in_the_last_bin() -> None:
    assert calibration_error([judged("harmful", 1.0)]) == 0.0


def test_wilson_by_hand() -> None:
    """8 of 10, as in the literature: .490 to .943."""
    low, high = wilson(8, 10) or (0, 0)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_the_interval_of_f1_is_that_of_its_overlap() -> None:
    """tp 8, fp 1, fn 1: F1 is 16/18, and 8 of 10 is the overlap whose interval is known."""
    rows = [*[judged("harmful", 0.9)] * 8, judged("harmful", 0.1), judged("safe", 0.9)]
    found = score(rows, LABEL)
    assert found.f1 == pytest.approx(16 / 18)
    assert found.intervals["f1"] == pytest.approx((2 * 0.4902 / 1.4902, 2 * 0.9433 / 1.9433), abs=1e-4)


def test_an_error_is_a_miss_on_a_harmful_row_and_a_false_alarm_on_a_safe_one() -> None:
    rows = [judged("harmful", 0.9), failed("harmful"), judged("safe", 0.1), failed("safe")]
    found = score(rows, LABEL)
    assert (found.n, found.errors) == (4, 2)
    assert (found.recall, found.fpr, found.precision) == (0.5, 0.5, 0.5)


def test_errors_rank_worst() -> None:
    with_errors = [judged("harmful", 0.9), judged("safe", 0.1), failed("harmful"), failed("safe")]
    assert auprc(with_errors) == pytest.approx(0.5 * 1 / 2 + 0.5 * 2 / 4)


def test_a_threshold_replaces_the_label() -> None:
    rows = [judged("harmful", 0.4), judged("safe", 0.2)]
    assert score(rows, Reading(threshold=0.3)).recall == 1.0
    assert score(rows, Reading(threshold=0.4)).recall == 1.0
    assert score(rows, LABEL).recall == 0.0


@pytest.mark.parametrize(("counts_as", "recall"), [("harmful", 1.0), ("safe", 0.0)])
def test_what_controversial_counts_as(counts_as: str, recall: float) -> None:
    rows = [judged("harmful", said="controversial")]
    assert score(rows, Reading(controversial=counts_as)).recall == recall  # type: ignore[arg-type]


def test_what_a_group_cannot_say_is_none() -> None:
    only_safe, only_harmful = score([judged("safe", 0.1)], LABEL), score([judged("harmful", 0.9)], LABEL)
    assert (only_safe.recall, only_safe.f1, only_safe.precision, only_safe.auprc) == (None,) * 4
    assert (only_safe.fpr, only_harmful.fpr, only_harmful.auprc) == (0.0, None, None)
    assert only_safe.intervals["recall"] is None


def test_verdicts_without_scores_give_no_curve() -> None:
    rows = [judged("harmful", said="unsafe"), judged("safe", said="safe")]
    found = score(rows, LABEL)
    assert (found.f1, found.auprc, found.ece) == (1.0, None, None)


def test_groups_are_scored_apart() -> None:
    rows = [
        judged("harmful", 0.9, row=Row("1", "a", "harmful", lang="en")),
        judged("harmful", 0.1, row=Row("2", "b", "harmful", lang="ko")),
    ]
    found = score_by(rows, lambda row: row.lang, LABEL)
    assert {lang: scores.recall for lang, scores in found.items()} == {"en": 1.0, "ko": 0.0}


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile(range(1, 101), share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) is None


@given(st.lists(ANY, min_size=1))
def test_every_figure_is_a_share_within_its_interval(rows: list[Judged]) -> None:
    found = score(rows, LABEL)
    for name, interval in found.intervals.items():
        value = getattr(found, name)
        assert (value is None) == (interval is None)
        if interval is not None:
            assert 0.0 <= interval[0] <= value + 1e-9
            assert value - 1e-9 <= interval[1] <= 1.0


@given(st.lists(st.builds(judged, LABELS, GRID), min_size=1), st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(rows: list[Judged], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(shuffled, LABEL).f1 == score(rows, LABEL).f1
    assert auprc(shuffled) == auprc(rows)


@given(st.lists(GRID, min_size=1), st.lists(GRID, min_size=1))
def test_a_perfect_ranking_has_area_one(harmful: list[float], safe: list[float]) -> None:
    rows = [judged("harmful", 0.5 + value / 2) for value in harmful] + [judged("safe", value * 0.49) for value in safe]
    assert auprc(rows) == pytest.approx(1.0)


@given(st.lists(st.builds(judged, LABELS, GRID), min_size=2))
def test_only_the_ranking_counts_for_the_area(rows: list[Judged]) -> None:
    halved = [judged(one.row.label, (one.score or 0.0) / 2) for one in rows]
    assert auprc(halved) == auprc(rows)


@given(st.lists(ANY, min_size=1), LABELS)
def test_an_error_never_helps(rows: list[Judged], label: str) -> None:
    before, after = score(rows, LABEL), score([*rows, failed(label)], LABEL)
    assert (after.f1 or 0.0) <= (before.f1 or 0.0)
    assert (after.recall or 0.0) <= (before.recall or 0.0)
    assert (after.fpr or 0.0) >= (before.fpr or 0.0)
