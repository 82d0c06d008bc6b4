"""Scores of a checkpoint: what the whole model would say, one row at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gateway.guardian.families.slm_guardian import HARM, SAFE, prompt
from tests.training.stages import tiny
from training import predict, safety
from training.measures import measures
from training.model import reopen


@pytest.fixture
def checkpoint(base: str, data: Path, tmp_path: Path) -> Path:
    out = tmp_path / "run"
    given = ["--base", base, "--data", str(data), "--out", str(out), "--rank", "4", "--tokens", "300", "--rate", "0.02"]
    safety.main([*given, "--epochs", "8"])
    return out / "checkpoint"


def test_scores_are_those_of_the_whole_model(checkpoint: Path, base: str, data: Path, tmp_path: Path) -> None:
    rows = [*tiny.rows(12), {"text": f"a long one {'safe ' * 60}", "label": "safe", "lang": "ko", "source": "other"}]
    path = tiny.jsonl(tmp_path / "rows.jsonl", rows)
    predict.main([str(checkpoint), str(path), "--base", base, "--out", str(tmp_path / "scores.jsonl")])
    found = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert [(r["label"], r["lang"], r["source"]) for r in found] == [(r["label"], r["lang"], r["source"]) for r in rows]
    guardian = reopen(base, checkpoint)
    with torch.no_grad():
        model = guardian.joint.model.merge_and_unload().float()
        model.get_input_embeddings().weight[list(guardian.ids.values())] = guardian.joint.rows
    for row, told in zip(rows[:12], found, strict=False):
        ids = guardian.tokenizer.encode(prompt(row["text"]))
        odds = model(torch.tensor([ids])).logits[0, -1, [guardian.ids[SAFE], guardian.ids[HARM]]]
        assert told["score"] == pytest.approx(float(odds.softmax(-1)[1]), abs=0.03)


def test_a_trained_guardian_tells_bread_from_harm(checkpoint: Path, base: str, data: Path, tmp_path: Path) -> None:
    told = predict.predict(checkpoint, base, data / "validation.jsonl", tmp_path / "scores.jsonl")
    assert told["auprc"] > 0.9


def test_the_measures() -> None:
    truth, scores = [True, True, False, True, False], [0.9, 0.4, 0.6, 0.7, 0.1]
    found = measures(truth, scores)
    assert found["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert (found["recall"], found["fpr"]) == pytest.approx((2 / 3, 1 / 2))
    assert found["best_f1"] == pytest.approx(6 / 7), "at 0.4: three hits, one false alarm"
    assert found["auprc"] == pytest.approx((1 + 1 + 3 / 4) / 3)


def test_measures_of_one_kind_of_rows_are_numbers() -> None:
    assert measures([False, False], [0.9, 0.1]) == {"f1": 0, "recall": 0, "fpr": 0.5, "best_f1": 0, "auprc": 0}
    assert measures([True], [0.5]) == {"f1": 1, "recall": 1, "fpr": 0, "best_f1": 1, "auprc": 1}
