"""The area under the precision-recall curve, and how sure it is, against scikit-learn and against resampling."""

from __future__ import annotations

from random import Random
from statistics import stdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.evaluation.intervals import wilson
from gateway.evaluation.judged import Judged
from gateway.evaluation.ranking import FEW, area, interval, steps, variance
from tests.evaluation.judged import judged

LABELS = st.sampled_from(["harmful", "safe"])
COARSE = st.integers(0, 20).map(lambda twentieths: twentieths / 20)
"""Few different scores, so that many are equal."""


def drawn(random: Random, harmful: int, safe: int, apart: float = 1.5) -> list[Judged]:
    def score(mean: float) -> float:
        return min(1.0, max(0.0, 0.5 + (random.gauss(mean, 1.0) - 1.0) / 10))

    return [judged("harmful", score(apart)) for _ in range(harmful)] + [judged("safe", score(0)) for _ in range(safe)]


@given(st.lists(st.builds(judged, LABELS, COARSE), min_size=2))
def test_the_area_and_the_curve_are_scikit_learns(rows: list[Judged]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    found = steps(rows)
    assume(found is not None)
    assert found is not None
    truth, scores = [one.harmful for one in rows], [one.score for one in rows]
    assert area(found) == pytest.approx(metrics.average_precision_score(truth, scores))
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    assert [step.precision for step in found] == pytest.approx(list(precision[-2::-1]))
    assert [step.tp / found[-1].tp for step in found] == pytest.approx(list(recall[-2::-1]))


def test_the_variance_is_that_of_drawing_the_rows_again() -> None:
    """4 draws from 1000 say it to a few per cent; a term of the formula that is left out is off by more."""
    random = Random(5)
    rows = drawn(random, 120, 300)
    harmful, safe = rows[:120], rows[120:]
    areas = []
    for _ in range(1000):
        found = steps([*random.choices(harmful, k=120), *random.choices(safe, k=300)])
        assert found is not None
        areas.append(area(found))
    whole = steps(rows)
    assert whole is not None
    assert variance(whole) ** 0.5 == pytest.approx(stdev(areas), rel=0.1)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Of 300 samples 95 % should; 91 % to 98.5 % is what chance allows for one that does."""
    random = Random(3)
    large = steps(drawn(random, 20_000, 30_000))
    assert large is not None
    truth = area(large)
    held = 0
    for _ in range(300):
        found = steps(drawn(random, 80, 120))
        assert found is not None
        low, high = interval(found) or (1.0, 0.0)
        held += low <= truth <= high
    assert 0.91 <= held / 300 <= 0.985


@given(st.lists(st.builds(judged, LABELS, COARSE), min_size=2), st.integers(1, 60))
def test_the_interval_is_around_the_area_and_within_0_and_1(rows: list[Judged], times: int) -> None:
    found = steps(rows * times)
    assume(found is not None)
    assert found is not None
    low, high = interval(found) or (1.0, 0.0)
    assert 0.0 <= low <= area(found) + 1e-9
    assert area(found) - 1e-9 <= high <= 1.0


def test_few_rows_and_a_perfect_ranking_have_the_wider_interval() -> None:
    perfect = steps([*[judged("harmful", 0.9)] * 200, *[judged("safe", 0.1)] * 200])
    few = steps(drawn(Random(1), FEW - 1, 200))
    assert perfect is not None
    assert few is not None
    assert interval(perfect) == wilson(200, 200)
    assert interval(few) == wilson(area(few) * (FEW - 1), FEW - 1)
    enough = steps(drawn(Random(1), FEW, 200))
    assert enough is not None
    assert interval(enough) != wilson(area(enough) * FEW, FEW)
