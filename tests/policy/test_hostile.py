"""Whatever stands in a file: loading it never crashes, it is refused exactly when an error is told, and the telling
never crashes either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy import load_with_warnings
from gateway.policy.compile import FIELDS as FILE_FIELDS
from gateway.policy.compile import RULE_FIELDS
from gateway.policy.condition import Scope
from gateway.policy.diagnostics import Diagnostics, Findings
from gateway.policy.draft import Draft, condition_modules
from gateway.policy.lint import lint
from gateway.policy.load import compile_set, drafted
from gateway.policy.source import LARGEST, read
from tests.policy.sets import CATALOG, TAXONOMY

pytestmark = pytest.mark.usefixtures("no_language_model")
RICH = (Path(__file__).parent / "rich.yaml").read_bytes()
LISTS = {"lists/words.txt": b"# words\nswordfish\n\nopen sesame\n"}


def check(raw: bytes, lists: Mapping[str, bytes] = LISTS) -> Diagnostics:
    findings = Findings()
    found = compile_set([("10.yaml", raw)], CATALOG, TAXONOMY, findings, lists, today="2026-12-01")
    assert (found is None) == findings.failed
    diagnostics = findings.diagnostics()
    str(diagnostics).encode()
    return diagnostics


def test_the_rich_policy_that_is_mutated_is_a_valid_one() -> None:
    assert check(RICH).errors == ()


@given(st.binary())
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@given(st.text())
def test_any_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@given(st.text())
def test_any_text_as_a_value_that_is_told(text: str) -> None:
    diagnostics = check(f"version: 1\nguardian: slm_guardian\n{json.dumps(text)}: 1\n".encode())
    assert all(line == line.strip("\n\r\x1b") for line in str(diagnostics).split("\n"))


pieces = st.sampled_from(
    [*RICH.splitlines(keepends=True), b"&a ", b"*a", b"!!str ", b"\t", b"---\n", b"'", b'"', b"[", b"}", b": ", b"- "]
)
places = st.integers(0, len(RICH))


@given(st.lists(st.tuples(places, st.integers(0, 40), pieces | st.binary(max_size=3)), min_size=1, max_size=4))
def test_a_mutated_policy(edits: list[tuple[int, int, bytes]]) -> None:
    raw = RICH
    for at, removed, put in edits:
        raw = raw[:at] + put + raw[at + removed :]
    check(raw)


WORDS = (
    "not regex glob words contains file gt status text extends locales forward respond block canary by days from zone "
    "timeout upstream model tenant shadow"
)
words = st.sampled_from([*FILE_FIELDS, *RULE_FIELDS, *condition_modules(), *WORDS.split()])
scalars = st.one_of(
    words, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["unsafe", "10%"])
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(FILE_FIELDS), trees, max_size=5), st.lists(trees, max_size=3))
def test_any_tree_of_known_words(file: dict[str, Any], rules: list[Any]) -> None:
    check(json.dumps({"version": 1, "guardian": "slm_guardian", **file, "rules": rules}).encode())


@given(st.sampled_from(sorted(condition_modules())), trees)
def test_a_condition_that_gives_no_test_told_an_error(name: str, tree: Any) -> None:
    findings = Findings()
    item = read("10.yaml", json.dumps(tree).encode(), findings)
    draft = Draft(CATALOG, TAXONOMY, findings, LISTS, condition_modules())
    scope = Scope("slm_guardian", CATALOG.guardians["slm_guardian"], draft)
    made = None if item is None else draft.modules[name].compile(item, scope)
    assert (made is None) == findings.failed


@given(st.binary() | st.text().map(str.encode) | st.lists(st.text(), max_size=5).map(lambda w: "\n".join(w).encode()))
def test_any_list_file(raw: bytes) -> None:
    for way in ("words", "regex", "glob", "contains"):
        rule = f"{{name: a, match: {{message: {{{way}: {{file: a.txt}}}}}}, action: block}}"
        check(f"version: 1\nguardian: slm_guardian\ndefault: block\nrules: [{rule}]\n".encode(), {"a.txt": raw})


@pytest.mark.parametrize("deep", [30, 200, 100_000])
@pytest.mark.parametrize("one", ["[", "{a: ", "- ", "? "])
def test_deep_nesting(one: str, deep: int) -> None:
    diagnostics = check(f"version: 1\na: \n  {one * deep}".encode())
    assert diagnostics.errors


@pytest.mark.parametrize(
    "scalar", ["9" * 900_000, "." * 900_000, "1e" + "9" * 900_000, '"' + r"\u00e9" * 150_000 + '"', "x" * LARGEST]
)
def test_a_huge_scalar(scalar: str) -> None:
    diagnostics = check(f"version: 1\nguardian: slm_guardian\ndefault: {scalar}\n".encode())
    assert len(str(diagnostics)) < 2000


def test_the_linter_takes_what_the_compiler_left_of_a_broken_set() -> None:
    findings = Findings()
    raw = b"version: 1\nguardian: nobody\nrules: [{name: A, match: {score: high}}, 7, {action: respond}]\n"
    lint(drafted([("10.yaml", raw)], {}, CATALOG, TAXONOMY, findings), "2026-12-01")
    assert findings.failed


def test_a_file_name_that_is_no_text_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "10-\udcff.yaml").write_bytes(b"version: 2\n")
    found, diagnostics = load_with_warnings(tmp_path, CATALOG, TAXONOMY)
    assert found is None
    assert b"10-\\udcff.yaml:1:10" in str(diagnostics).encode()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    found, diagnostics = load_with_warnings(tmp_path / "none", CATALOG, TAXONOMY)
    assert found is None
    assert [d.code for d in diagnostics.errors] == ["P014"]
