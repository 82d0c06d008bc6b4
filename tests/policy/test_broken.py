"""What a user sees of a broken file: `broken/NAME.yaml` is told as in `broken/NAME.txt`.

python -m tests.policy.test_broken     writes the texts again, to be read before they are committed
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.policy.diagnostics import Findings
from gateway.policy.load import compile_set
from tests.policy.sets import CATALOG, TAXONOMY

FILES = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
LISTS = {"lists/names.txt": b"swordfish\n"}


def told(path: Path) -> str:
    findings = Findings()
    assert compile_set([(path.name, path.read_bytes())], CATALOG, TAXONOMY, findings, LISTS) is None
    return f"{findings.diagnostics()}\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_is_told_as_it_was(path: Path) -> None:
    assert told(path) == path.with_suffix(".txt").read_text()


if __name__ == "__main__":
    for path in FILES:
        path.with_suffix(".txt").write_text(told(path))
