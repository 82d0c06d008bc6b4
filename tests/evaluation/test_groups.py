"""Means over groups, quarters by length, bins of the score."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evaluation.datasets import Row
from gateway.evaluation.intervals import of_mean, wilson
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.latency import by_length
from gateway.evaluation.macro import macro
from gateway.evaluation.reliability import bins, expected_error
from gateway.types import Verdict
from tests.evaluation.judged import judged

SHARES = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


def rows_of(name: str, lang: str, hits: int, misses: int) -> list[Judged]:
    def one(number: int, score: float) -> Judged:
        return judged("harmful", score, row=Row(f"{name}{number}", "t", "harmful", lang=lang, slice=name))

    return [one(n, 0.9) for n in range(hits)] + [one(hits + n, 0.1) for n in range(misses)]


def test_a_large_slice_does_not_speak_for_a_small_one() -> None:
    found = macro([*rows_of("large", "en", 99, 1), *rows_of("small", "en", 1, 3)], Reading())
    assert found["all"]["recall"].value == pytest.approx((0.99 + 0.25) / 2)
    assert found["all"]["recall"].groups == 2


def test_languages_have_their_own_means_also_within_one_slice() -> None:
    rows = [*rows_of("both", "en", 4, 0), *rows_of("both", "ko", 1, 3), *rows_of("more", "ko", 3, 1)]
    found = macro(rows, Reading())
    assert (found["en"]["recall"].value, found["ko"]["recall"].value) == (1.0, 0.5)
    assert (found["en"]["recall"].groups, found["ko"]["recall"].groups) == (1, 2)


def test_without_slices_it_is_the_mean_of_sources() -> None:
    rows = [
        judged("harmful", 0.9, row=Row("1", "t", "harmful", source="a")),
        judged("harmful", 0.9, row=Row("2", "t", "harmful", source="a")),
        judged("harmful", 0.1, row=Row("3", "t", "harmful", source="b")),
    ]
    assert macro(rows, Reading())["all"]["recall"].value == 0.5


def test_a_figure_that_no_group_has_has_no_mean() -> None:
    assert "fpr" not in macro(rows_of("x", "en", 1, 1), Reading())["all"]


def test_a_slice_without_safe_rows_does_not_flatter_precision_and_f1() -> None:
    mixed = [
        judged("harmful", 0.9, row=Row("h", "t", "harmful", slice="mixed")),
        judged("safe", 0.9, row=Row("s", "t", "safe", slice="mixed")),
    ]
    found = macro([*rows_of("only_harmful", "en", 4, 0), *mixed], Reading())["all"]
    assert (found["precision"].value, found["precision"].groups) == (0.5, 1)
    assert (found["f1"].value, found["f1"].groups) == (pytest.approx(2 / 3), 1)
    assert found["recall"].groups == 2


def test_the_interval_of_a_mean_of_equal_parts_shrinks_with_their_root() -> None:
    part = (0.5, (0.4, 0.6))
    low, high = of_mean([part] * 4)
    assert (low, high) == (pytest.approx(0.45), pytest.approx(0.55))
    assert of_mean([part]) == pytest.approx((0.4, 0.6))


def test_the_interval_of_a_mean_holds_the_truth_about_as_often_as_it_says() -> None:
    random, truth, held = Random(2), (0.9, 0.6, 0.97), 0
    for _ in range(1000):
        parts = []
        for share in truth:
            hits = sum(random.random() < share for _ in range(40))
            interval = wilson(hits, 40)
            assert interval is not None
            parts.append((hits / 40, interval))
        low, high = of_mean(parts)
        held += low <= sum(truth) / 3 <= high
    assert abs(held / 1000 - 0.95) < 4 * sqrt(0.05 * 0.95 / 1000)


@given(st.lists(st.tuples(SHARES, st.booleans()), min_size=1))
def test_bins_hold_every_row_once_and_give_the_calibration_error(scored: list[tuple[float, bool]]) -> None:
    found = bins(scored)
    assert sum(one.n for one in found) == len(scored)
    assert all(one.low - 1e-9 <= one.score <= one.high + 1e-9 for one in found)
    error = sum(one.n * abs(one.score - one.harmful) for one in found) / len(scored)
    assert error == pytest.approx(expected_error(scored))
    assert all(one.interval[0] <= one.harmful + 1e-9 and one.harmful - 1e-9 <= one.interval[1] for one in found)


def timed(length: int, seconds: float) -> Judged:
    return Judged(Row(f"{length}-{seconds}", "x" * length, "safe"), Verdict("g", "safe", seconds=seconds))


def test_quarters_by_length_with_their_own_times() -> None:
    found = by_length([timed(length, length / 1000) for length in range(1, 101)])
    assert [(one.least, one.most, one.n) for one in found] == [(1, 25, 25), (26, 50, 25), (51, 75, 25), (76, 100, 25)]
    assert [one.latency["p50"] for one in found] == [0.013, 0.038, 0.063, 0.088]


@given(st.lists(st.integers(1, 12), min_size=1))
def test_quarters_part_the_rows_and_never_one_length(lengths: list[int]) -> None:
    found = by_length([timed(length, 0.01) for length in lengths])
    assert sum(one.n for one in found) == len(lengths)
    assert [one.least for one in found] == sorted({one.least for one in found})
    assert all(before.most < after.least for before, after in pairwise(found))
