"""The whole fit: which method, what it warns of, and that rows are looked at by fits that have not seen them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.evaluation.judged import Judged
from gateway.fitting.calibrate import calibrate
from gateway.fitting.fit import fit
from gateway.fitting.folds import folds_of, held_out
from gateway.fitting.plot import draw
from gateway.fitting.scored import Scored, scored_of
from gateway.guardian.calibration import Platt
from tests.evaluation.judged import failed, judged
from tests.fitting.data import drawn, logistic


def test_few_rows_are_fitted_by_two_numbers() -> None:
    assert calibrate(drawn(900, stretch=3), "auto", []).method == "platt"


def test_of_many_rows_the_better_method_is_taken() -> None:
    straight = drawn(4000, seed=7, stretch=2)
    bent = replace(straight, scores=tuple(0.2 + 0.6 * round(score, 1) ** 3 for score in straight.scores))
    assert calibrate(straight, "auto", []).method == "platt"
    assert calibrate(bent, "auto", []).method == "isotonic"


def test_each_row_is_unseen_once() -> None:
    scored = drawn(103, seed=8)
    folds = folds_of("platt", scored)
    assert sorted(place for fold in folds for place in fold.unseen) == list(range(103))
    assert all(len(fold.seen.scores) + len(fold.unseen) == 103 for fold in folds)


def test_held_out_probabilities_are_of_the_fold_that_has_not_seen_the_row() -> None:
    scored = drawn(60, seed=9)
    folds = folds_of("isotonic", scored)
    found = held_out(folds, scored)
    for fold in folds:
        assert fold.calibration == fit("isotonic", fold.seen)
        assert [found[place] for place in fold.unseen] == [
            fold.calibration.probability(scored.scores[place]) for place in fold.unseen
        ]


@pytest.mark.parametrize(
    ("rows", "wanted", "words"),
    [
        (60, [], ["60 rows are few", "harmful rows are few", "safe rows are few"]),
        (2000, [0.05], []),
        (2000, [0.0001], ["a false-positive rate of 0.0001 cannot be seen"]),
    ],
)
def test_what_the_figures_cannot_carry_is_told(rows: int, wanted: list[float], words: list[str]) -> None:
    told = calibrate(drawn(rows, seed=10, stretch=4), "platt", wanted).cautions
    assert len(told) == len(words)
    assert all(word in caution for word, caution in zip(words, told, strict=True))


def test_a_fit_that_makes_it_worse_is_told() -> None:
    chance = Scored(tuple(logistic(i / 4) for i in (-3, -2, -1, 1, 2, 3)), (False, True, False, True, False, True))
    assert any("do not use this fit" in caution for caution in calibrate(chance, "isotonic", []).cautions)


def test_rows_without_a_verdict_are_counted() -> None:
    rows = [judged("safe", 0.1), judged("safe", 0.2), judged("harmful", 0.8), judged("harmful", 0.9), failed("harmful")]
    assert scored_of(rows).left_out == 1
    assert "1 rows got no score" in " ".join(calibrate(scored_of(rows), "platt", []).cautions)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([failed("safe"), failed("harmful")], "no verdict at all"),
        ([judged("safe"), judged("harmful")], "no scores, only labels"),
        ([judged("safe", 0.1)] * 9 + [judged("harmful", 0.9)], "1 harmful and 9 safe"),
    ],
)
def test_what_cannot_be_fitted_is_an_error(rows: list[Judged], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        scored_of(rows)


def test_the_same_rows_give_the_same_fit() -> None:
    assert calibrate(drawn(200), "auto", [0.1]) == calibrate(drawn(200), "auto", [0.1])
    assert isinstance(calibrate(drawn(200), "auto", [0.1]).calibration, Platt)


def test_the_diagram_is_drawn(tmp_path: Path) -> None:
    draw(calibrate(drawn(300, stretch=3), "platt", []), tmp_path / "reliability.png", "a guardian on 300 rows")
    assert (tmp_path / "reliability.png").read_bytes().startswith(b"\x89PNG")
