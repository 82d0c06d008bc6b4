"""Two processes that each hold half of every tensor go on from a checkpoint of one, and write one that it can read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import torch
import yaml
from accelerate.commands.config.config_args import load_config_from_file

from tests.processes import ROOT
from tests.training.stages.test_loop import EXAMPLES, joint, stage, state
from training.checkpoint import put
from training.loop import train


def moved(before: Path, after: Path) -> torch.Tensor:
    first, second = state(before)["trained"], state(after)["trained"]
    return torch.cat([(second[name] - value).flatten() for name, value in first.items()])


def test_pieces_are_trained_as_the_whole(tmp_path: Path) -> None:
    """One process with two batches to a step takes the same batches as two processes with one."""
    begun, whole, pieces = (tmp_path / name for name in ("begun", "whole", "pieces"))
    train(joint(), EXAMPLES, stage(begun, epochs=1.0, accumulate=2))
    shutil.copytree(begun, whole)
    shutil.copytree(begun, pieces)
    train(joint(), EXAMPLES, stage(whole, epochs=4.0, accumulate=2))
    command = [str(Path(sys.executable).parent / "torchrun"), "--nproc_per_node", "2"]
    command += ["-m", "tests.training.stages.sharded", str(pieces), "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("['DTensor']") == 2, "each process holds pieces alone"
    assert (state(begun)["step"], state(whole)["step"], state(pieces)["step"]) == (5, 20, 20)
    assert torch.cosine_similarity(moved(begun, whole), moved(begun, pieces), dim=0) > 0.95
    assert {s["step"].item() for s in state(pieces)["optimizer"]["state"].values()} == {20.0}
    put(joint(), state(pieces)["trained"])


def test_the_configuration_is_one_that_accelerate_reads() -> None:
    path = ROOT / "training" / "fsdp.yaml"
    config = load_config_from_file(str(path))
    assert (config.distributed_type, config.mixed_precision) == ("FSDP", "bf16")
    given = yaml.safe_load(path.read_text())["fsdp_config"]
    known = Path(load_config_from_file.__code__.co_filename).parents[1] / "launch.py"
    assert [name for name in given if f'"--{name}"' not in known.read_text()] == []
