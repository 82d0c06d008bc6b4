"""The two experiments from end to end on forty rows; what is done is not done again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.training.stages import tiny
from training import ablate, ratio, safety
from training.ratio import Cell

OPTIONS = ["--rank", "2", "--tokens", "400", "--epochs", "1"]
PNG = b"\x89PNG"


@pytest.fixture
def given(tmp_path: Path, data: Path) -> list[str]:
    base = tiny.folder(tmp_path / "base")
    return ["--base", base, "--data", str(data), "--out", str(tmp_path / "out"), *OPTIONS]


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> Any:
    def refuse(*_: Any) -> None:
        raise AssertionError("it trains again")

    return lambda: monkeypatch.setattr(safety, "main", refuse)


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_ratios_and_volumes(given: list[str], tmp_path: Path, no_training: Any, capsys: Any) -> None:
    grid = [*given, "--ratios", "1", "3", "--volumes", "8", "24", "--seeds", "0", "1"]
    ratio.main(grid)
    found = table(tmp_path / "out" / "ratio.csv")
    cells = {(r["ratio"], r["volume"], r["seed"]) for r in found}
    assert cells == {(r, v, s) for r in ("1", "3") for v in ("8", "24") for s in ("0", "1")}
    assert all(0 <= float(r["f1"]) <= float(r["best_f1"]) <= 1 for r in found)
    assert (tmp_path / "out" / "ratio.png").read_bytes().startswith(PNG)
    assert not list((tmp_path / "out").rglob("state.pt")), "a checkpoint is not kept"
    no_training()
    ratio.main(grid)
    assert table(tmp_path / "out" / "ratio.csv") == found
    ratio.main([*given, "--ratios", "9", "--volumes", "40"])
    assert "too few rows: 9-to-1-of-40-seed-0" in capsys.readouterr().out


def test_a_cell_has_the_rows_asked_and_a_larger_one_holds_it() -> None:
    rows = tiny.rows(40)
    small, large = Cell(3.0, 8, 1).rows(rows), Cell(3.0, 24, 1).rows(rows)
    assert small is not None
    assert large is not None
    assert [sum(r["label"] == label for r in small) for label in ("harmful", "safe")] == [2, 6]
    assert {r["text"] for r in small} < {r["text"] for r in large}
    assert Cell(3.0, 8, 2).rows(rows) != small
    assert Cell(3.0, 32, 1).rows(rows) is None, "there are only twenty safe ones"


def test_single_task_against_all(given: list[str], tmp_path: Path, no_training: Any, capsys: Any) -> None:
    ablate.main([*given, "--seeds", "0", "1"])
    found = table(tmp_path / "out" / "ablate.csv")
    assert [(r["variant"], r["seed"]) for r in found] == [(v, s) for s in ("0", "1") for v in ablate.VARIANTS]
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "out" / "ablate.md").read_text()
    assert printed.count(" ± ") == len(ablate.VARIANTS) * 5
    no_training()
    ablate.main([*given, "--seeds", "0", "1"])
    assert capsys.readouterr().out == printed


def test_a_variant_has_no_weight_on_what_it_does_not_name() -> None:
    weights = {name: dict(zip(options[::2], options[1::2], strict=True)) for name, options in ablate.VARIANTS.items()}
    off = {name: {option.split("-")[2] for option, value in w.items() if value == "0"} for name, w in weights.items()}
    assert off == {
        "label": {"category", "response", "rationale"},
        "label, rationale": {"category", "response"},
        "label, response": {"rationale"},
        "label, response, rationale": set(),
    }


def test_mean_and_spread() -> None:
    assert ablate.spread([0.5, 0.7]) == "0.600 ± 0.141"
    assert ablate.spread([0.5]) == "0.500"
