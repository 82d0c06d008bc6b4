"""`gateway policy check` as a user and as a pipeline runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.policy import load_with_warnings
from gateway.policy.untested import untested
from tests.policy.sets import CATALOG, TAXONOMY
from tests.processes import ROOT, finished

GOOD = "version: 1\ndefault: block\nrules:\n  - {name: unsafe, match: {verdict: unsafe}, action: block}\n"
UNGUARDED = GOOD + "  - {name: open, match: {tenant: a}, action: forward}\n"
TEST = """tests:
  - name: unsafe is blocked
    verdict: {label: unsafe}
    expect: {rule: unsafe}
"""


def folder(at: Path, policy: str = GOOD, tests: str | None = TEST) -> Path:
    (at / "10.yaml").write_text(policy.replace("version: 1\n", "version: 1\nguardian: default\n"))
    if tests is not None:
        (at / "tests").mkdir()
        (at / "tests" / "unsafe.yaml").write_text(tests)
    return at


@pytest.mark.parametrize(
    ("ci", "options", "status"),
    [("", [], 0), ("true", [], 1), ("false", [], 0), ("", ["--strict"], 1), ("true", ["--no-strict"], 0)],
)
async def test_warnings_that_open_a_hole_are_errors_in_ci(
    tmp_path: Path, ci: str, options: list[str], status: int
) -> None:
    found = await finished("policy", "check", *options, str(folder(tmp_path, UNGUARDED)), CI=ci)
    assert found[0] == status
    assert ("error[P101]" if status else "warning[P101]") in found[1]


async def test_paths_are_relative_to_where_the_check_runs(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "words.txt").write_text("(a\n")
    rule = "  - {name: a, match: {message: {regex: {file: words.txt}}}, action: block}\n"
    path = folder(tmp_path / "policies", GOOD + rule)
    status, out, _ = await finished(
        "policy", "check", "--format", "json", str(path), cwd=tmp_path, PYTHONPATH=str(ROOT)
    )
    assert (status, [d["path"] for d in json.loads(out)]) == (1, ["policies/words.txt"])


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--nothing"]])
async def test_wrong_usage_is_status_two(arguments: list[str]) -> None:
    assert (await finished("policy", "check", *arguments))[0] == 2


async def test_wrong_settings_are_status_two() -> None:
    status, _, told = await finished("policy", "check", GATEWAY_GUARDIANS__DEFAULT__FAMILY="none")
    assert (status, told.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("policy", "tests", "told"),
    [
        (GOOD, TEST, []),
        (GOOD, None, ["no rule has a test"]),
        (UNGUARDED, TEST, ["no test fires `open`"]),
        (GOOD, "tests:\n  - {name: a, expct: {}}\n", ["unknown field `expct` in test", "a test has no `expect`"]),
    ],
)
def test_rules_that_no_test_fires_are_told(tmp_path: Path, policy: str, tests: str | None, told: list[str]) -> None:
    path = folder(tmp_path, policy.replace("version: 1\n", "version: 1\non_error: block\n"), tests)
    (path / "10.yaml").write_text((path / "10.yaml").read_text().replace("default\n", "slm_guardian\n", 1))
    found, _ = load_with_warnings(path, CATALOG, TAXONOMY)
    assert found is not None
    assert {d.message for d in untested(found, path, TAXONOMY).found} == set(told)
