"""The pictures of an evaluation: which there are, and that they show the figures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.pictures.bars import figure_of
from gateway.evaluation.pictures.folder import draw
from gateway.evaluation.report import report
from gateway.replay import plot
from tests.evaluation.judged import judged

pytest.importorskip("matplotlib")


def rows() -> list[Judged]:
    found = []
    for n in range(40):
        harmful = n % 2 == 0
        lang = "ko" if n % 4 < 2 else "en"
        source = ("a $1 set$", "안녕", "only_safe" if not harmful else "only_harmful")[n % 3]
        row = Row(str(n), "t", "harmful" if harmful else "safe", lang=lang, source=source)
        found.append(judged(row.label, (0.5 + n / 100) if harmful else n / 100, row=row))
    return found


def drawn(judged: list[Judged], folder: Path, suffix: str = "svg") -> dict[str, str]:
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        written = draw(judged, report(judged, Reading()), folder, suffix, "a guardian")
    return {path.stem: path.read_text("utf-8") if suffix == "svg" else "" for path in written}


def test_curves_reliability_and_bars_show_their_figures(tmp_path: Path) -> None:
    found = drawn(rows(), tmp_path / "plots")
    made = report(rows(), Reading())
    assert set(found) == {"precision-recall", "reliability", "by-source"}
    for name, scores in {"all": made.overall, **made.by_lang}.items():
        assert f"{name}: AUPRC {scores.auprc:.3f}" in found["precision-recall"]
    assert f"ECE {made.overall.ece:.3f}" in found["reliability"]
    for name in ("F1, harmful and safe rows", "recall, only harmful rows", "FPR, only safe rows", "a $1 set$", "안녕"):
        assert name in found["by-source"]


def test_pngs_are_pictures(tmp_path: Path) -> None:
    drawn(rows(), tmp_path, "png")
    assert {path.name for path in tmp_path.iterdir()} == {"precision-recall.png", "reliability.png", "by-source.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())


def test_a_picture_that_the_rows_cannot_give_is_left_out(tmp_path: Path) -> None:
    labels_only = [judged("harmful", said="unsafe"), judged("safe", said="safe")]
    assert drawn(labels_only, tmp_path) == {}
    assert set(drawn([judged("safe", 0.1)], tmp_path)) == {"reliability"}


def test_a_group_of_one_label_has_the_figure_of_that_label() -> None:
    made = report(rows(), Reading())
    found = {name: figure_of(scores) for name, scores in made.by_source.items()}
    assert found == {"a $1 set$": "f1", "안녕": "f1", "only_safe": "fpr", "only_harmful": "recall"}


def test_many_groups_are_the_largest_ones(tmp_path: Path) -> None:
    many = [
        judged("safe", 0.1, row=Row(f"{n}-{m}", "t", "safe", source=f"s{n:03}")) for n in range(60) for m in range(n)
    ]
    found = drawn(many, tmp_path)["by-source"]
    assert "the 40 largest of 59" in found
    assert "s059" in found
    assert "s001" not in found


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"guardian-gateway\[plots\]"):
        plot.check(Path("plots/picture.png"))
