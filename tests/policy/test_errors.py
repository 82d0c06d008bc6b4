"""Each mistake has its code, its place, and advice; all are told in one pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.diagnostics import Findings
from gateway.policy.load import compile_set
from tests.policy.sets import CATALOG, TAXONOMY, compiled

HEAD = "version: 1\nguardian: slm_guardian\ndefault: block\n"


def rule(match: str = "{verdict: unsafe}", action: str = "block", more: str = "") -> str:
    return f"{HEAD}rules:\n  - name: a\n    match: {match}\n    action: {action}\n{more}"


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "told"),
    [
        ("a: [1\n", "P001", 1, 4, "close the list"),
        ("a:\n\tb: 1\n", "P001", 2, 1, "a tab in the indentation"),
        ("a: " + "[" * 50 + "]" * 50, "P001", 1, 43, "deep"),
        ("a: 1\n---\nb: 1\n", "P001", 2, 1, "second document"),
        ("a: &x 1\n", "P002", 1, 4, "anchors"),
        ("a: !!python/object:os.system x\n", "P002", 1, 4, "tags"),
        ("version: 1\nversion: 1\nguardian: slm_guardian\n", "P003", 2, 1, "twice"),
        (HEAD + "rulez: []\n", "P004", 4, 1, "did you mean `rules`?"),
        (rule("{verdict: unsafe, categroy: hate}"), "P004", 6, 30, "did you mean `category`?"),
        (rule(more="    mod: shadow\n"), "P004", 8, 5, "did you mean `mode`?"),
        (f"{HEAD}rules:\n  - name: a\n    match: {{verdict: unsafe}}\n", "P005", 5, 5, "no `action`"),
        (f"{HEAD}rules:\n  - action: block\n", "P005", 5, 5, "needs a name"),
        (rule(action="respond"), "P006", 7, 13, "write `{respond: <name>}`"),
        (rule(action="blok"), "P006", 7, 13, "did you mean `block`?"),
        (rule(action="{block: {status: 200}}"), "P006", 7, 30, "400 to 599"),
        (rule(match="unsafe"), "P007", 6, 12, "a match is a mapping"),
        (rule(match="{stream: 'yes'}"), "P007", 6, 21, "a text in YAML 1.2"),
        (rule(match="{stream: 7}"), "P007", 6, 21, "true or false"),
        (rule(match="{tenant: no}", more="  - name: a\n    action: block\n"), "P008", 8, 11, "10.yaml:5"),
        (f"{HEAD}default: forward\n", "P003", 4, 1, "twice"),
        (rule().replace("name: a", "name: Not Kebab"), "P009", 5, 11, "lower-case"),
        (HEAD.replace("slm_guardian", "slm_gaurdian"), "P010", 2, 11, "did you mean `slm_guardian`?"),
        (rule("{verdict: unsfe}"), "P010", 6, 22, "did you mean `unsafe`?"),
        (rule("{category: [pii, self-harm]}"), "P010", 6, 29, "did you mean `self_harm`?"),
        (rule("{error: timeuot}"), "P010", 6, 20, "did you mean `timeout`?"),
        (rule(action="{forward: onperm}"), "P010", 7, 23, "did you mean `onprem`?"),
        (rule(action="{respond: refusl}"), "P010", 7, 23, "unknown response"),
        (rule(more="    mode: shado\n"), "P010", 8, 11, "did you mean `shadow`?"),
        (rule("{score: {gte: high}}"), "P011", 6, 26, "must be a number"),
        (rule("{score: 0.5}"), "P011", 6, 20, "needs bounds"),
        (rule("{message: {regex: '(a'}}"), "P012", 6, 30, "bad regular expression"),
        ("guardian: slm_guardian\ndefault: block\n", "P013", 1, 1, "version"),
        ("version: true\nguardian: slm_guardian\n", "P013", 1, 10, "version"),
    ],
)
def test_a_mistake_has_its_code_place_and_advice(text: str, code: str, line: int, column: int, told: str) -> None:
    found, diagnostics = compiled(text)
    assert found is None
    first = diagnostics.errors[0]
    assert (first.code, first.span.line, first.span.column) == (code, line, column)
    assert told in str(diagnostics)


def test_all_errors_of_all_files_are_told_in_one_pass() -> None:
    _, diagnostics = compiled(rule("{verdict: unsfe, categroy: pii}", "blok"), "version: 2\nguardian: qwen3gaurd\n")
    assert [(d.span.path, d.code) for d in diagnostics.errors] == [
        ("10.yaml", "P010"),
        ("10.yaml", "P004"),
        ("10.yaml", "P006"),
        ("11.yaml", "P013"),
        ("11.yaml", "P010"),
    ]


def test_a_finding_is_shown_with_its_line_and_a_caret() -> None:
    _, diagnostics = compiled(rule("{verdict: unsfe}"))
    assert str(diagnostics) == (
        "10.yaml:6:22: error[P010]: unknown verdict `unsfe`\n"
        "6 |     match: {verdict: unsfe}\n"
        "  |                      ^^^^^\n"
        "  = help: did you mean `unsafe`?"
    )


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\xef\xbb\xbfversion: 1\n", "byte-order mark"),
        (b"version: 1\n# \xff\n", "not UTF-8"),
        (b"# " + b"x" * 1024 * 1024, "the most is"),
    ],
)
def test_a_file_that_is_no_text_is_told(raw: bytes, told: str) -> None:
    findings = Findings()
    assert compile_set([("10.yaml", raw)], CATALOG, TAXONOMY, findings) is None
    assert told in findings.found[0].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rule("{tenant: a}", "forward"), "P101"),
        (rule("{category: political}"), "P102"),
        (
            rule(
                "{verdict: unsafe}",
                more="  - name: b\n    match: {verdict: unsafe, category: pii}\n    action: forward\n",
            ),
            "P103",
        ),
        (rule(more="    on_error: forward\n"), "P106"),
        (rule("{tenant: a}").replace("default: block", "default: forward"), "P107"),
        (rule().replace("default: block\n", ""), "P107"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(text: str, code: str) -> None:
    found, diagnostics = compiled(text)
    assert found is not None
    assert code in [d.code for d in diagnostics.found]


FRAGMENTS = [
    "version: 1",
    "rules:",
    "  - name: a",
    "    match: {verdict: unsafe}",
    "    action: block",
    "- [",
    "{",
    "&a",
    "*a",
    "? ",
    "| ",
    "\t",
    "~",
]


@given(st.text() | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=12).map("\n".join))
def test_no_text_crashes_the_loader(text: str) -> None:
    findings = Findings()
    found = compile_set([("10.yaml", text.encode("utf-8", "surrogatepass"))], CATALOG, TAXONOMY, findings)
    assert (found is None) == findings.failed


@pytest.mark.parametrize(
    "window", ['from: "0900Z"', 'to: "9:00"', 'from: "12+01"', "after: 2026-W01-1", "before: 20261201"]
)
def test_a_time_that_only_looks_like_one_is_told(window: str) -> None:
    _, diagnostics = compiled(rule(f"{{time: {{{window}}}}}"))
    assert [d.code for d in diagnostics.errors] == ["P016"]


def test_an_alternative_that_asks_no_guardian_is_told() -> None:
    _, diagnostics = compiled(rule("[{verdict: safe}, {tenant: vip}]", "forward"))
    assert "P101" in [d.code for d in diagnostics.found]
