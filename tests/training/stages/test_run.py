"""`run.sh`: all stages in order; started again it does what is missing, and that alone."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT
from tests.training.llm import Llm, threaded
from tests.training.stages import tiny

STAGES = ["prepare", "sft", "safety", "predict", "ratio", "ablate", "export"]
SMALL = {
    "PREPARE": "--without-ours --validation 0.3",
    "SFT": "--rank 2 --tokens 400",
    "SAFETY": "--rank 2 --tokens 400 --epochs 1",
    "RATIO": "--ratios 1 --volumes 10",
    "ABLATE": "--seeds 0",
}


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **SMALL, "PATH": path, "OMP_NUM_THREADS": "1", **variables}
    command = ["bash", str(ROOT / "training" / "run.sh"), "data", "base", "out"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=110)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    tiny.folder(tmp_path / "base")
    (tmp_path / "data").mkdir()
    rows = [{**row, "license": "MIT", "kind": "own", "pair": f"{i // 2}"} for i, row in enumerate(tiny.rows(60))]
    with gzip.open(tmp_path / "data" / "rows.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    said = [{"instruction": f"Say {i}.", "response": f"{i}."} for i in range(9)]
    tiny.jsonl(tmp_path / "data" / "instructions.jsonl", said)
    return tmp_path


def begun(printed: str) -> list[str]:
    return [line.split()[1].rstrip(":") for line in printed.splitlines() if line.startswith("== ")]


def test_all_stages_run_in_order_and_only_once(place: Path) -> None:
    broken = run(place, SAFETY="--rank 2 --no-such-option")
    assert broken.returncode != 0
    assert begun(broken.stdout) == ["prepare", "sft", "safety"]
    done = run(place)
    assert done.returncode == 0, done.stderr
    assert begun(done.stdout) == STAGES[2:]
    assert f"--base {place / 'out' / 'sft' / 'model'}" in done.stdout, "stage two starts from stage one"
    written = {path.name for path in (place / "out").iterdir()}
    assert written >= {"data", "sft", "safety", "scores.jsonl", "ratio", "ablate", "guardian", "run.log"}
    again = run(place)
    assert (again.returncode, begun(again.stdout)) == (0, [])
    assert begun((place / "out" / "run.log").read_text()) == ["prepare", "sft", "safety", *STAGES[2:]]


def test_without_its_three_words_it_tells_them(tmp_path: Path) -> None:
    done = subprocess.run(["bash", str(ROOT / "training" / "run.sh")], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout.startswith("All of the recipe, in order: training/run.sh DATA BASE OUT")


def test_with_a_large_model_answers_are_collected_first(place: Path) -> None:
    skipped = "sft safety predict ratio ablate export"
    with threaded(Llm()) as fake:
        done = run(place, COLLECT_BASE_URL=fake.base_url, COLLECT_MODEL="large", SKIP=skipped)
    assert done.returncode == 0, done.stderr
    assert begun(done.stdout) == ["collect", "prepare"]
    files = (place / "out" / "data" / name for name in ("train.jsonl", "validation.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len({row["text"] for row in rows}) == len(rows), "a collected row takes the place of the one it was made of"
    answered = [row for row in rows if "won't help" in row.get("response", "")]
    assert answered
