"""Every code is in the table, and the docs say of each what the table says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.policy import Diagnostics, load_with_warnings
from gateway.policy.codes import CODES
from gateway.policy.untested import untested
from gateway.types import Card, Catalog
from tests.policy.sets import CATALOG, TAXONOMY
from tests.processes import ROOT

PAGES = sorted((ROOT / "docs" / "reference" / "lint").glob("*.md"))
SOURCES = sorted((ROOT / "gateway" / "policy").rglob("*.py"))


def guardian(code: str) -> Card:
    """One of which the code can be said: P104 of a family that writes no answers, P105 of one that gives no scores."""
    if code == "P104":
        return CATALOG.guardians["qwen3guard"]
    return replace(CATALOG.guardians["slm_guardian"], scores=code != "P105")


def found(code: str, fragment: str, folder: Path) -> Diagnostics:
    """What is said of a fragment of a policy, and of the tests behind it."""
    rules, _, tests = fragment.partition("tests:\n")
    responses = "" if "responses:" in rules else "responses: {refusal: {text: No.}}\n"
    (folder / "10.yaml").write_text(f"version: 1\ndefault: forward\n{responses}{rules}")
    if tests:
        (folder / "tests").mkdir()
        (folder / "tests" / "10.yaml").write_text(f"tests:\n{tests}")
    catalog = Catalog({"default": guardian(code)}, frozenset({"default"}))
    policy, diagnostics = load_with_warnings(folder, catalog, TAXONOMY, today="2026-12-01")
    assert policy is not None, str(diagnostics)
    return diagnostics.joined(untested(policy, folder, TAXONOMY))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_says_to_avoid_is_told_and_what_it_prefers_is_not(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    assert re.findall("^#+ (.*)", text, re.MULTILINE) == [page.stem, "Summary", "Avoid", "Prefer", "Why"]
    for name, fragment in zip(("avoid", "prefer"), re.findall("```text\n(.*?)```", text, re.DOTALL), strict=True):
        (tmp_path / name).mkdir()
        told = {d.code for d in found(page.stem, fragment, tmp_path / name).found}
        assert (page.stem in told) == (name == "avoid"), name


def test_every_lint_has_a_page() -> None:
    assert [page.stem for page in PAGES] == [code for code in CODES if code > "P100"]


def test_every_error_has_its_row() -> None:
    text = (ROOT / "docs" / "reference" / "policies.md").read_text()
    rows = dict(re.findall(r"^\| (P\d{3}) \| (.*) \|$", text, re.MULTILINE))
    assert rows == {code: told for code, told in CODES.items() if code < "P100"}


def test_every_code_that_is_used_is_in_the_table_and_no_other() -> None:
    used = {code for path in SOURCES if path.stem != "codes" for code in re.findall(r'"(P\d{3})"', path.read_text())}
    assert used - {"P100"} == set(CODES)
