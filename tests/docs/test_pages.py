"""The pages that are to be followed do what they say, on a real gateway with the embedded guardian."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.walk import Reader, blocks, lay_out
from tests.processes import ROOT, free_port


@pytest.mark.embedded
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("page", "least"), [("tutorial/first-policy.md", 11), ("how-to/tune-a-threshold.md", 6)])
def test_a_reader_who_follows_the_page_sees_what_it_says(page: str, least: int, tmp_path: Path) -> None:
    found = blocks(ROOT / "docs" / page)
    assert len(found) >= least
    lay_out(ROOT / "docs" / page, tmp_path)
    reader = Reader(tmp_path, free_port())
    with reader.stack:
        for block in found:
            reader.follow(block)
