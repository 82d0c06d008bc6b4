"""Our own rows are what their generators write, so that the files can be changed only there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from training import benign, harmful


@pytest.mark.parametrize(("generator", "name"), [(benign.main, "benign_frames"), (harmful.main, "harmful_frames")])
def test_the_file_is_what_the_generator_writes(
    capsys: pytest.CaptureFixture[str], generator: Callable[[], None], name: str
) -> None:
    generator()
    assert capsys.readouterr().out == Path(f"training/data/{name}.jsonl").read_text()


def test_no_text_is_both_harmful_and_harmless() -> None:
    lines = [line for path in Path("training/data").glob("*.jsonl") for line in path.read_text().splitlines()]
    labels: dict[str, set[str]] = {}
    for row in map(json.loads, lines):
        labels.setdefault(row["text"].casefold(), set()).add(row["label"])
    assert [text for text, found in labels.items() if len(found) > 1] == []
