"""The tutorial does what it says, from the rows to the worst mistakes, with a tiny base and seconds of training."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.walk import Reader, blocks
from tests.processes import ROOT, free_port
from tests.training.stages import tiny

PAGE = ROOT / "docs" / "tutorial" / "train-a-guardian.md"
FIGURE = re.compile(r"\b[01]\.\d{3}\b")


class Learner(Reader):
    """Of what a command prints the figures do not count, nor the bar; it has to end well."""

    def run(self, command: str) -> str:
        quick = command.replace("--minutes 12", "--minutes 0.03").replace("--validation", "--without-ours --validation")
        shell = ["bash", "-o", "pipefail", "-c", quick]
        done = subprocess.run(shell, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr
        return FIGURE.sub("0.xxx", done.stdout)


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    """In a folder that has what the repository has, and the base."""
    for name in ("docs", "training", "gateway"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".cache" / "mine").mkdir(parents=True)
    tiny.write_gguf(tmp_path / ".cache" / "mine" / "base.gguf", "llama")
    found = Learner(tmp_path, free_port())
    found.environment["OMP_NUM_THREADS"] = "1"
    return found


def test_a_reader_who_follows_the_page_has_a_guardian(learner: Learner) -> None:
    for block in blocks(PAGE):
        learner.follow(block)
    worst = (learner.folder / ".cache" / "mine" / "wrong.txt").read_text().splitlines()
    assert len(worst) == 10
    assert worst == sorted(worst, key=lambda line: line.split()[0], reverse=True)


def test_the_page_names_what_there_is() -> None:
    text = PAGE.read_text()
    named = set(re.findall(r"python -m training\.(\w+)", text))
    assert named >= {"prepare", "safety", "predict", "export", "sft", "ratio", "ablate"}
    assert [name for name in named if not (ROOT / "training" / f"{name}.py").exists()] == []
