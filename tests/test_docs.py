"""The docs say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app import routes
from gateway.guardian.family import families

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "policies").rglob("*.md")])


def test_generated_references_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/generate_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_path_that_is_served_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    assert [route.path for route in routes() if route.path.replace(":path", "") not in text] == []


def test_every_family_has_a_page() -> None:
    pages = ROOT / "docs" / "reference" / "guardians"
    assert [name for name in families() if not (pages / f"{name}.md").exists()] == []
