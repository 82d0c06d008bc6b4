"""One training of an experiment, and what came of it: done once, since its result is a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import PartialState

from training import safety
from training.checkpoint import path_in
from training.predict import predict

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """`options`: what `training.safety` is given besides."""

    out: Path
    base: str
    rows: Sequence[Row]
    validation: Path
    options: Sequence[str]


def result(trial: Trial) -> dict[str, float]:
    """The measures on the validation rows. A trial that was broken off goes on; its checkpoint goes at the end."""
    path = trial.out / "result.json"
    if path.exists():
        found: dict[str, float] = json.loads(path.read_text())
        return found
    state = PartialState()
    if state.is_main_process:
        write(trial.out / "data" / "train.jsonl", trial.rows)
    state.wait_for_everyone()
    given = ["--base", trial.base, "--data", str(trial.out / "data"), "--out", str(trial.out)]
    safety.main([*given, *trial.options])
    told = predict(path_in(trial.out).parent, trial.base, trial.validation, trial.out / "scores.jsonl")
    state.wait_for_everyone()
    if state.is_main_process:
        path.write_text(json.dumps(told) + "\n")
        shutil.rmtree(path_in(trial.out).parent)
    state.wait_for_everyone()
    return told


def write(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
