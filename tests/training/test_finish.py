"""Calibration finds the two numbers that the scores were made with, and keeps to the share of false alarms asked."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.evaluation.datasets import load
from gateway.evaluation.store import OutcomeFile
from gateway.guardian.families.slm_guardian import TOKENS
from gateway.types import Verdict
from tests.training.rows import plain, row
from training import finish


@pytest.fixture
def guardian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the shipped guardian's."""
    folder = tmp_path / "guardian"
    monkeypatch.setattr(finish, "GUARDIAN", folder)
    monkeypatch.setattr(finish, "MANIFEST", folder / "manifest.json")
    monkeypatch.setattr(finish, "guardian_base", lambda: (tmp_path / "base.gguf",))
    (tmp_path / "new.npz").write_bytes(b"deltas")
    (tmp_path / "base.gguf").write_bytes(b"weights")
    finish.install(argparse.Namespace(adapter=tmp_path / "new.npz", layers=20, first_token=6))
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def calibrated(folder: Path, odds: Any, harmful: Any, false_positives: float | None = None) -> tuple[float, float]:
    """Slope and intercept that `calibrate` writes for these log-odds and labels."""
    labels = np.where(harmful, "harmful", "safe")
    rows = plain(folder / "rows.jsonl", [row(f"query {i}", label=str(label)) for i, label in enumerate(labels)])
    with OutcomeFile(folder / "scores.jsonl", "default") as file:
        for loaded, score in zip(load(rows), 1 / (1 + np.exp(-odds)), strict=True):
            file.add(loaded, Verdict("default", "safe", (), float(score), 0.01))
    finish.calibrate(argparse.Namespace(scores=folder / "scores.jsonl", rows=rows, false_positives=false_positives))
    found = manifest(folder)["calibration"]
    return found["slope"], found["intercept"]


def test_an_installed_adapter_is_named_by_its_hash_and_not_yet_calibrated(guardian: Path) -> None:
    assert (guardian / "adapter.npz").read_bytes() == b"deltas"
    found = manifest(guardian)
    assert found["adapter_sha256"] == hashlib.sha256(b"deltas").hexdigest()
    assert found["base_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert found["tokens"] == {name: 6 + i for i, name in enumerate(TOKENS)}
    assert (found["layers"], found["calibration"]) == (20, {"slope": 1.0, "intercept": 0.0})


def test_the_two_numbers_are_found_whatever_the_share_of_harmful_rows(guardian: Path) -> None:
    draw = np.random.default_rng(0)
    odds = draw.normal(2.0, 4.0, 6000)
    harmful = draw.random(6000) < 1 / (1 + np.exp(-(0.5 * odds - 1.0)))
    kept = harmful | (draw.random(6000) < harmful.sum() / (~harmful).sum())
    slope, intercept = calibrated(guardian, odds[kept], harmful[kept])
    rare = kept & (~harmful | (draw.random(6000) < 0.2))
    (guardian / "scores.jsonl").unlink()
    again = calibrated(guardian, odds[rare], harmful[rare])
    assert slope == pytest.approx(0.5, abs=0.08)
    assert again == pytest.approx((slope, intercept), abs=0.25)


def test_false_alarms_keep_to_the_share_asked(guardian: Path) -> None:
    draw = np.random.default_rng(1)
    odds, harmful = np.concatenate([draw.normal(-1, 2, 400), draw.normal(2, 2, 400)]), np.arange(800) >= 400
    slope, intercept = calibrated(guardian, odds, harmful, false_positives=0.05)
    flagged = slope * odds + intercept >= 0
    assert flagged[~harmful].mean() == pytest.approx(0.05, abs=0.004)
    assert flagged[harmful].mean() > 0.4
