"""An adapter: what ships is what was trained, and training goes on from it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training import export, safety
from training.adapter import STATE
from training.checkpoint import Unfit, trained
from training.model import begin, go_on_from

SHORT = ["--rank", "4", "--tokens", "300", "--rate", "0.02", "--epochs", "2"]


@pytest.fixture
def run(base: str, data: Path, tmp_path: Path) -> Path:
    safety.main(["--base", base, "--data", str(data), "--out", str(tmp_path / "run"), *SHORT])
    return tmp_path / "run" / "checkpoint"


@pytest.fixture
def shipped(run: Path, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shipped").mkdir()
    words = [str(run), "--base", base, "--adapter", str(tmp_path / "shipped" / "adapter.npz")]
    monkeypatch.setattr("sys.argv", ["export", *words])
    export.main()
    return tmp_path / "shipped"


def test_what_ships_is_what_was_trained(run: Path, shipped: Path, base: str) -> None:
    begun = begin(base, layers=None, rank=4)
    go_on_from(begun, shipped)
    kept = torch.load(run / STATE, weights_only=True)["trained"]
    found = trained(begun.joint)
    assert found.keys() == kept.keys()
    for name, values in found.items():
        torch.testing.assert_close(values.detach(), kept[name], atol=1e-3, rtol=1e-3, msg=name)


def test_training_goes_on_from_an_adapter(shipped: Path, base: str, data: Path, tmp_path: Path) -> None:
    given = ["--base", base, "--data", str(data), "--out", str(tmp_path / "more"), *SHORT, "--go-on-from", str(shipped)]
    safety.main([*given, "--rate", "1e-9"])
    more = torch.load(tmp_path / "more" / "checkpoint" / STATE, weights_only=True)["trained"]
    begun = begin(base, layers=None, rank=4)
    go_on_from(begun, shipped)
    for name, values in trained(begun.joint).items():
        torch.testing.assert_close(more[name], values.detach(), atol=1e-4, rtol=1e-4, msg=name)


def test_an_adapter_of_another_rank_is_refused(shipped: Path, base: str) -> None:
    with pytest.raises(Unfit):
        go_on_from(begin(base, layers=None, rank=2), shipped)
