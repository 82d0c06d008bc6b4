"""The pages that are to be followed do what they say, on a real gateway, most with the embedded guardian."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.walk import Reader, blocks, lay_out
from tests.processes import ROOT, free_port


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "page",
    [
        pytest.param("tutorial/first-policy.md", marks=pytest.mark.embedded),
        "tutorial/add-a-guardian.md",
        "tutorial/add-a-surface.md",
        pytest.param("how-to/tune-a-threshold.md", marks=pytest.mark.embedded),
    ],
)
def test_a_reader_who_follows_the_page_sees_what_it_says(page: str, tmp_path: Path) -> None:
    found = blocks(ROOT / "docs" / page)
    assert len(found) > 4
    lay_out(ROOT / "docs" / page, tmp_path)
    reader = Reader(tmp_path, free_port())
    with reader.stack:
        for block in found:
            reader.follow(block)
