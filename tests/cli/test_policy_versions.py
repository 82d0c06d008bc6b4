"""`gateway policy promote | rollback | versions`, as an operator runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.policy import application
from tests.policy.versions import BROKEN, write
from tests.processes import finished

POLICIES = "version: 1\nguardian: default\ndefault: block\nrules:\n"
RULE = "  - {{name: rule-{0}, match: {{message: {{contains: {0}}}}}, action: block}}\n"
TESTS = "tests:\n  - {{name: blocked, query: {{text: {0}}}, expect: {{action: block, rule: rule-{1}}}}}\n"


class Operator:
    """Runs the commands in a folder, and keeps what they printed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        self.folder = folder

    def run(self, *arguments: str) -> tuple[int, str]:
        from typer.testing import CliRunner

        result = CliRunner().invoke(application(), [*arguments, "--store", "store"])
        return result.exit_code, f"{result.output}{result.exception or ''}"

    def edit(self, name: str, *, tested: str | None = None) -> None:
        (self.folder / "policies" / "tests").mkdir(parents=True, exist_ok=True)
        (self.folder / "policies" / "10.yaml").write_text(POLICIES + RULE.format(name))
        (self.folder / "policies" / "tests" / "10.yaml").write_text(TESTS.format(tested or name, name))

    def promote(self, name: str) -> str:
        self.edit(name)
        status, out = self.run("promote")
        assert status == 0, out
        return self.current

    @property
    def current(self) -> str:
        return (self.folder / "store" / "current").resolve().name


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(tmp_path, monkeypatch)


def test_promote_then_rollback_and_back(operator: Operator) -> None:
    first, second = operator.promote("a"), operator.promote("b")
    assert operator.run("rollback")[1].startswith(f"rolled back to `{first}`; before: `{second}`")
    assert operator.current == first
    assert operator.run("rollback", second[:6])[0] == 0
    assert operator.current == second


def test_promoting_what_is_current_changes_nothing(operator: Operator) -> None:
    version = operator.promote("a")
    history = Path("store/history.jsonl").read_text()
    assert operator.run("promote") == (0, f"`{version}` is current already: nothing changed\n")
    assert Path("store/history.jsonl").read_text() == history


def test_wrong_files_are_refused(operator: Operator) -> None:
    operator.edit("a")
    Path("policies/20.yaml").write_text(BROKEN)
    status, out = operator.run("promote")
    assert (status, Path("store/current").exists()) == (1, False)
    assert "did you mean `verdict`?" in out


def test_a_test_that_fails_refuses(operator: Operator) -> None:
    operator.edit("a", tested="other")
    status, out = operator.run("promote", "--force")
    assert (status, Path("store/current").exists()) == (1, False)
    assert "not promoted: its tests fail" in out


def test_a_risky_warning_refuses_unless_it_is_forced(operator: Operator) -> None:
    operator.edit("a")
    Path("policies/20.yaml").write_text("version: 1\nrules:\n  - {name: open, match: {tenant: x}, action: forward}\n")
    status, out = operator.run("promote")
    assert (status, Path("store/current").exists()) == (1, False)
    assert "not promoted: P101" in out
    assert operator.run("promote", "--force")[0] == 0


def test_versions_are_listed_latest_last(operator: Operator) -> None:
    first, second = operator.promote("a"), operator.promote("b")
    operator.run("rollback")
    rows = json.loads(operator.run("versions", "--json")[1])
    assert [(row["version"], row["current"], row["rules"]) for row in rows] == [(first, True, 1), (second, False, 1)]
    assert [line[:14] for line in operator.run("versions")[1].splitlines()] == [f"* {first}", f"  {second}"]


def test_a_copy_that_was_edited_is_not_rolled_back_to(operator: Operator) -> None:
    first, second = operator.promote("a"), operator.promote("b")
    file = Path("store/versions", first, "10.yaml")
    file.chmod(0o644)
    file.write_text(POLICIES + RULE.format("z"))
    status, out = operator.run("rollback")
    assert (status, operator.current) == (1, second)
    assert "was edited: its files are version" in out


@pytest.mark.parametrize(
    ("wanted", "told"),
    [("0000", "there is no version `0000`"), ("", "is the beginning of"), (None, "no version before")],
)
def test_a_rollback_that_cannot_be_says_why(operator: Operator, wanted: str | None, told: str) -> None:
    current = operator.promote("a")
    if wanted is not None:
        current = operator.promote("b")
    status, out = operator.run("rollback", *([] if wanted is None else [wanted]))
    assert (status, operator.current) == (1, current)
    assert told in out


def test_a_version_nearly_named_is_hinted_at(operator: Operator) -> None:
    version = operator.promote("a")
    assert f"did you mean `{version}`?" in operator.run("rollback", f"{version[:-1]}!")[1]


async def test_the_commands_are_there_and_a_missing_store_is_one_line(tmp_path: Path) -> None:
    write(tmp_path / "policies", "a")
    status, out, err = await finished("policy", "versions", "--store", str(tmp_path / "nowhere"))
    assert (status, out) == (2, "")
    assert err.startswith("gateway: there is no store at")
