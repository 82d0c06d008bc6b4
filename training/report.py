"""What a stage tells while it runs."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from accelerate import Accelerator
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from training.stage import Stage


class Report:
    """A bar with the running losses, and a line in `OUT/losses.jsonl` every 20 steps."""

    def __init__(self, accelerator: Accelerator, stage: Stage, done: int, steps: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.main, self.stage = accelerator.is_main_process, stage
        self.running: Tensor | None = None
        self.bar = Progress(*columns, console=Console(stderr=True), disable=not self.main)
        self.task = self.bar.add_task("training", total=steps, completed=done)

    def __enter__(self) -> Report:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def add(self, step: int, spent: float, losses: Tensor) -> None:
        self.running = losses if self.running is None else torch.lerp(self.running, losses, 0.05)
        if self.main:
            told = dict(zip(self.stage.weights, self.running.tolist(), strict=True))
            described = " ".join(f"{name} {value:.3f}" for name, value in told.items())
            self.bar.update(self.task, completed=step, description=described)
            if step % 20 == 0:
                line = {"step": step, "spent": round(spent, 4), **{n: round(v, 4) for n, v in told.items()}}
                append(self.stage.out / "losses.jsonl", json.dumps(line))


def append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(line + "\n")
