"""`answers:`: how streams are released, and which rules only the whole answer decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.release import MARGIN, Release
from gateway.types import Forward
from tests.policy.sets import compiled, policy, query

HEAD = "version: 1\nguardian: slm_guardian\ndefault: forward\n"


def rule(match: str, action: str = "block", more: str = "") -> str:
    return f"{HEAD}rules:\n  - {{name: a, phase: output, match: {match}, action: {action}{more}}}\n"


def release(*texts: str) -> Release:
    return policy(*texts).release


def codes(text: str) -> list[str]:
    return [d.code for d in compiled(text)[1].found]


def test_windows_without_a_leak_are_the_default() -> None:
    assert release(rule("{verdict: unsafe}")) == Release("windows", 0, MARGIN)


def test_what_is_written_is_done() -> None:
    asked = "version: 1\nguardian: slm_guardian\nanswers: {leak: 200, reason: the front end fades it in}\n"
    assert release(rule("{verdict: unsafe}"), asked).leak == 200
    assert release(rule("{verdict: unsafe}") + "answers: {stream: whole}\n").stream == "whole"


DECIDED_BY_A_PART = (
    "{verdict: unsafe}",
    "{score: {gte: 0.3, lt: 0.5}}",
    "{category: crime, tenant: a}",
    "{not: {tenant: a}}",
    "{not: {verdict: safe}}",
    "{message: {words: secret}}",
    "{message: {contains: [secret, hidden]}}",
    '{message: {regex: "^secret|price \\\\$5"}}',
    "{error: timeout}",
)
DECIDED_BY_THE_WHOLE = (
    "{characters: {gt: 100}}",
    "{message: yes.}",
    "{message: {glob: 'a*'}}",
    '{message: {regex: "secret$"}}',
    '{message: {regex: "(?i)secret\\\\z"}}',
    '{message: {regex: "secret\\\\B"}}',
    "{not: {message: {words: please}}, verdict: unsafe}",
    "[{verdict: unsafe}, {not: [{tenant: a}, {message: {contains: x}}]}]",
)


@pytest.mark.parametrize("match", DECIDED_BY_A_PART)
def test_rules_that_more_text_cannot_undo_are_decided_in_windows(match: str) -> None:
    assert release(rule(match)).stream == "windows"
    assert "P113" not in codes(rule(match))


@pytest.mark.parametrize("match", DECIDED_BY_THE_WHOLE)
def test_rules_that_only_the_whole_answer_decides_hold_it_and_that_is_told(match: str) -> None:
    assert release(rule(match)) == Release("whole")
    assert "P113" in codes(rule(match))
    assert "P113" not in codes(rule(match) + "answers: {stream: whole}\n")
    assert release(rule(match) + "answers: {stream: windows, leak: 9, reason: x}\n") == Release("whole")


def test_a_rule_that_releases_for_words_needs_the_whole_answer() -> None:
    assert release(rule("{message: {words: public}}", "forward")).stream == "whole"
    assert release(rule("{verdict: controversial}", "forward")).stream == "windows"


def test_a_rule_in_shadow_or_for_queries_changes_nothing() -> None:
    assert release(rule("{characters: {gt: 9}}", more=", mode: shadow")).stream == "windows"
    assert release(rule("{characters: {gt: 9}}").replace("output", "input")).stream == "windows"


@pytest.mark.parametrize(
    ("match", "margin"),
    [
        ("{message: {words: short}}", MARGIN),
        (f"{{message: {{contains: [short, {'long ' * 20}x]}}}}", 101),
        ("{message: {regex: secret}}", 64),
    ],
)
def test_what_stays_back_is_as_long_as_what_a_rule_looks_for(match: str, margin: int) -> None:
    assert release(rule(match)).margin == margin


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ("{stream: hole}", "P010"),
        ("{leak: -1}", "P011"),
        ("{leak: 1.5}", "P011"),
        ("{leak: true}", "P011"),
        ("{leak: 1000001}", "P011"),
        ("{leek: 1}", "P004"),
        ("{stream: whole, leak: 1}", "P007"),
        ("whole", "P007"),
        ("{leak: 1, reason: ''}", "P007"),
    ],
)
def test_what_is_wrong_is_told(answers: str, code: str) -> None:
    found = compiled(rule("{verdict: unsafe}") + f"answers: {answers}\n")
    assert found[0] is None
    assert [d.code for d in found[1].errors] == [code]


def test_it_is_set_once_in_all_files() -> None:
    one = "version: 1\nguardian: slm_guardian\nanswers: {stream: windows}\n"
    assert [d.code for d in compiled(rule("{verdict: unsafe}"), one, one)[1].errors] == ["P008"]


MATCHES = st.sampled_from([one for one in DECIDED_BY_A_PART if "message" in one or "tenant" in one])


@given(st.lists(MATCHES, min_size=1, max_size=3), st.text("secrthidn$5 pa.", max_size=60), st.data())
def test_in_windows_what_blocks_a_part_that_ends_with_a_word_blocks_the_whole(
    matches: list[str], text: str, data: st.DataObject
) -> None:
    lines = [f"  - {{name: r{i}, phase: output, match: {m}, action: block}}\n" for i, m in enumerate(matches)]
    found = policy(f"{HEAD}rules:\n{''.join(lines)}")
    assert found.release.stream == "windows"
    gaps = [at for at, sign in enumerate(text) if not sign.isalnum()]
    cut = data.draw(st.sampled_from(gaps)) + 1 if gaps else len(text)
    part = found.decide(query(text[:cut], phase="output"), {})
    whole = found.decide(query(text, phase="output"), {})
    assert isinstance(part.action, Forward) or not isinstance(whole.action, Forward)
