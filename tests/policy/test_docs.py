"""The policies that ship, their tests, and every YAML block of the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.policy import load_with_warnings
from gateway.policy.diagnostics import Findings
from gateway.policy.draft import condition_modules
from gateway.policy.load import compile_set
from tests.policy.sets import CATALOG, TAXONOMY
from tests.processes import ROOT, finished

DOCS = ROOT / "docs" / "reference" / "policies.md"
BLOCKS = [
    pytest.param(text, id=f"{page.name}-{i}")
    for page in (DOCS, ROOT / "policies" / "README.md", ROOT / "README.md")
    for i, text in enumerate(re.findall(r"```yaml\n(version: .*?)```", page.read_text(), re.DOTALL))
]


@pytest.mark.parametrize("text", BLOCKS)
def test_a_block_of_the_docs_loads(text: str) -> None:
    refusal = "version: 1\nguardian: slm_guardian\nresponses: {refusal: {text: no}}\n"
    named = re.sub(r"^guardian: .*\n", "", text, flags=re.MULTILINE).replace(
        "version: 1\n", "version: 1\nguardian: slm_guardian\n"
    )
    files = [
        (f"{10 + i}.yaml", part.encode()) for i, part in enumerate([named, *([] if "refusal:" in text else [refusal])])
    ]
    findings = Findings()
    found = compile_set(files, CATALOG, TAXONOMY, findings, {"lists/projects.txt": b"bluebird\n"})
    assert found is not None, str(findings.diagnostics())


def test_every_condition_has_its_heading() -> None:
    text = DOCS.read_text()
    assert [name for name in condition_modules() if f"### {name}\n" not in text] == []


async def test_the_shipped_policies_are_clean_and_every_rule_is_tested() -> None:
    status, out, _ = await finished("policy", "check", "policies", "--strict")
    assert (status, out.count("\n")) == (0, 1)
    status, out, _ = await finished("policy", "test", "policies", "--coverage", "100")
    assert status == 0, out


async def test_a_folder_with_an_error_fails_the_check(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text(
        "version: 1\nrules:\n  - name: a\n    match: {verdict: unsfe}\n    action: block\n"
    )
    for form, told in (("text", "10.yaml:4:22: error[P010]"), ("github", "::error file="), ("json", '"code": "P010"')):
        status, out, _ = await finished("policy", "check", str(tmp_path), "--format", form)
        assert status == 1
        assert told in out


async def test_explain_says_why_not() -> None:
    status, out, _ = await finished("policy", "explain", "policies", "--label", "unsafe")
    assert status == 0
    assert "tools is not true" in out
    assert "* unsafe " in out


def test_the_version_is_the_hash_of_what_the_files_say(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text("version: 1\nguardian: slm_guardian\n")
    first, _ = load_with_warnings(tmp_path, CATALOG, TAXONOMY)
    (tmp_path / "10.yaml").write_text("version: 1\nguardian: slm_guardian\n# changed\n")
    second, _ = load_with_warnings(tmp_path, CATALOG, TAXONOMY)
    assert first is not None
    assert second is not None
    assert first.version != second.version
