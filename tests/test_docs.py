"""The docs say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.app import served
from gateway.guardian.family import families

ROOT = Path(__file__).parent.parent
FOLDERS = ("docs", "policies", "gateway", "training", "benchmarks", "deploy")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])


def test_generated_references_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/generate_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_a_heading_lead_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)", page.read_text())
    missing = [f"{target}#{anchor}" for target, anchor in links if anchor not in anchors(page.parent / target, page)]
    assert missing == []


def anchors(target: Path, page: Path) -> set[str]:
    """Of the headings of a page, as GitHub makes them; a link with no path is to its own page."""
    text = re.sub(r"^```.*?^```", "", (page if target.is_dir() else target).read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_every_module_that_is_named_is_there() -> None:
    """Of the package, in any page: a path ends in `/`, or in `.py`."""
    pages = [page for page in PAGES if page.name not in ("CHANGELOG.md", "CONTRIBUTING.md")]
    named = {(page, path) for page in pages for path in re.findall(r"`(gateway/[\w/]+(?:\.py|/))`", page.read_text())}
    assert [(page.name, path) for page, path in sorted(named) if not (ROOT / path).exists()] == []
    assert len(named) > 40


def test_the_architecture_names_every_part() -> None:
    text = (ROOT / "docs" / "explain" / "architecture.md").read_text()
    parts = [part for part in sorted((ROOT / "gateway").iterdir()) if part.is_dir() and (part / "__init__.py").exists()]
    assert [part.name for part in parts if f"gateway/{part.name}/" not in text] == []


def test_the_index_leads_to_every_page() -> None:
    """By links, from page to page; a link to a folder shows what is in it."""
    found: set[Path] = set()
    waiting = {ROOT / "docs" / "index.md"}
    while waiting:
        page = waiting.pop()
        found.add(page)
        links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
        targets = [(page.parent / link).resolve() for link in links]
        shown = {each for one in targets for each in ([one] if one.suffix == ".md" else one.glob("*.md"))}
        waiting |= shown - found
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in found] == []


def test_every_path_that_is_served_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    assert [route.path for route in served() if route.path.replace(":path", "") not in text] == []


def test_every_code_of_an_error_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    codes = {
        code for path in (ROOT / "gateway").rglob("*.py") for code in re.findall(r'code="(\w+)"', path.read_text())
    }
    assert len(codes) > 15
    assert sorted(code for code in codes if f"`{code}`" not in text) == []


def test_every_family_has_a_page() -> None:
    pages = ROOT / "docs" / "reference" / "guardians"
    assert [name for name in families() if not (pages / f"{name}.md").exists()] == []
