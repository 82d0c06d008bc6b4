"""`gateway policy test` and `gateway policy explain`, as commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.processes import finished
from tests.servers import HARMFUL, GuardianScript, running

SET = """version: 1
default: forward
responses: {refusal: {text: No.}}
rules:
  - {name: phone, match: {header: {x-app: phone}}, action: block}
  - {name: unsafe, match: {verdict: unsafe}, action: {respond: refusal}}
"""
TESTS = """tests:
  - {name: safe, query: {text: hello}, verdict: {label: safe}, expect: {rule: default}}
  - {name: unsafe, query: {text: SECOND}, verdict: {label: unsafe}, expect: {rule: unsafe}}
  - {name: textless, verdict: {label: unsafe}, expect: {rule: unsafe}}
  - {name: down, query: {text: hello}, error: timeout, expect: {status: 503}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "10.yaml").write_text(SET)
    (tmp_path / "tests" / "some.yaml").write_text(TESTS.replace("SECOND", HARMFUL))
    return tmp_path


async def test_tests_that_pass_end_with_0_and_too_little_coverage_with_1(folder: Path) -> None:
    status, out, _ = await finished("policy", "test", str(folder), "--coverage", "50")
    assert (status, out.count("PASS")) == (0, 4)
    status, out, err = await finished("policy", "test", str(folder), "--coverage", "51")
    assert (status, err) == (1, "50.0 % of the rules fired, and `--coverage` asks for 51 %\n")
    assert out.endswith("; rules never fired by a test: phone\n")


async def test_a_test_that_fails_ends_with_1_and_tells_why(folder: Path) -> None:
    (folder / "tests" / "wrong.yaml").write_text(
        "tests:\n  - {name: wrong, error: timeout, expect: {action: forward}}\n"
    )
    status, out, _ = await finished("policy", "test", str(folder))
    assert status == 1
    assert f"FAIL wrong   {folder}/tests/wrong.yaml:2\n     action: expected forward, got block\n" in out


@pytest.mark.parametrize("name", ["10.yaml", "tests/some.yaml"])
async def test_files_with_errors_end_with_2_and_print_nothing_for_a_parser(folder: Path, name: str) -> None:
    (folder / name).write_text("rulez: []\n")
    status, out, err = await finished("policy", "test", str(folder), "--format", "junit")
    assert (status, out) == (2, "")
    assert f"{folder}/{name}:1:1: error[" in err


async def test_live_asks_the_guardian_and_counts_what_it_cannot_ask(folder: Path) -> None:
    async with running(GuardianScript()) as guardian:
        known = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url}
        status, out, err = await finished("policy", "test", str(folder), "--live", **known)
    assert (status, err, len(guardian.received)) == (0, "", 2)
    assert "SKIP textless: it has no text\nSKIP down: it is about an error\n2/2 passed, 2 skipped" in out


async def test_live_shows_the_verdict_that_was_given_beside_the_one_that_came(folder: Path) -> None:
    (folder / "tests" / "some.yaml").write_text(TESTS.replace("SECOND", "harmless"))
    async with running(GuardianScript()) as guardian:
        known = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url}
        status, out, _ = await finished("policy", "test", str(folder), "--live", "--format", "json", **known)
    (failed,) = (one for one in json.loads(out)["tests"] if not one["passed"])
    assert (status, failed["name"]) == (1, "unsafe")
    assert failed["differences"][-1].startswith("guardian `default`: given unsafe, live safe ")


async def test_explain_takes_all_that_a_query_has(folder: Path) -> None:
    given = ["--header", "X-App=phone", "--tenant", "a", "--stream", "--tools", "--time", "2026-12-01T09:30+09:00"]
    status, out, _ = await finished("policy", "explain", str(folder), *given, "--json")
    found = json.loads(out)
    assert (status, found["rule"], found["guardians"]) == (0, "phone", {})
    assert [line["role"] for line in found["lines"]] == ["decided", "not reached"]


async def test_explain_asks_the_guardian_itself(folder: Path) -> None:
    async with running(GuardianScript()) as guardian:
        known = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url}
        status, out, err = await finished("policy", "explain", str(folder), "--live", "--text", HARMFUL, **known)
    assert (status, err) == (0, "")
    assert out.startswith(
        "decision: respond refusal   rule: unsafe   because: matched\nguardians: default: unsafe crime"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--label unsfe", "unknown `--label` `unsfe`: did you mean `unsafe`?"),
        ("--label unsafe --category self-harm", "unknown `--category` `self-harm`: did you mean `self_harm`?"),
        ("--error timeuot", "unknown `--error` `timeuot`: did you mean `timeout`?"),
        ("--phase ouput", "unknown `--phase` `ouput`: did you mean `output`?"),
        ("--label unsafe --guardian defualt", "unknown `--guardian` `defualt`: did you mean `default`?"),
        ("--label unsafe --error timeout", "leave out `--error`"),
        ("--score 0.5", "a verdict has a `--label`"),
        ("--header x-app", "written NAME=VALUE, not `x-app`"),
        ("--time 2026-12-01T09:30", "no time with a zone"),
        ("--live", "give it that, and no verdict or error"),
    ],
)
async def test_a_wrong_option_is_one_line(folder: Path, options: str, told: str) -> None:
    status, out, err = await finished("policy", "explain", str(folder), *options.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert told in err
