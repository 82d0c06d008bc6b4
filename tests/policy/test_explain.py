"""Explanations: for every rule, why or why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from gateway.policy.explain import Explanation, explain
from gateway.types import GuardianError, Outcome, Query, Verdict
from tests.policy.asking import HEAD, one_rule
from tests.policy.generated import WrittenSet, outcomes, queries, sets
from tests.policy.sets import policy, query

A = "slm_guardian"
SAFE, UNSAFE = Verdict(A, "safe", (), 0.25), Verdict(A, "unsafe", ("crime", "pii"), 0.9)
TIMEOUT = GuardianError(A, "timeout")


def explained(match: str, outcome: Outcome | None, **asked: Any) -> tuple[str, str]:
    found = explain(one_rule(match), query(**asked), {} if outcome is None else {A: outcome})
    return found.lines[0].role, found.lines[0].why


@pytest.mark.parametrize(
    ("match", "outcome", "role", "why"),
    [
        ("{tenant: default}", None, "decided", "matched"),
        ("{tenant: [x, y]}", None, "passed", 'tenant is not "x" or "y": it is "default"'),
        ("{model: {glob: gpt*}}", None, "passed", 'model is not {glob: "gpt*"}: it is "m"'),
        ("{surface: responses}", None, "passed", 'surface is not "responses": it is "chat"'),
        ("{message: {words: [a, b, c, d, e, f]}}", None, "passed", '"d" or "e" or …}'),
        ("{header: {x-app: phone}}", None, "passed", 'header is not {x-app: "phone"}'),
        ("{characters: {gt: 9}}", None, "passed", "characters is not {gt: 9}: it is 5"),
        ("{time: {days: mon}}", None, "passed", 'time is not {days: "mon"}'),
        ("{tools: true}", None, "passed", "tools is not true"),
        ("{stream: true}", None, "passed", "stream is not true"),
        ("{verdict: unsafe}", SAFE, "passed", 'verdict is not "unsafe": it is "safe"'),
        ("{category: hate}", UNSAFE, "passed", 'category is not "hate": it is "crime" and "pii"'),
        ("{category: hate}", SAFE, "passed", 'category is not "hate": it is none'),
        ("{score: {gte: 0.5}}", SAFE, "passed", "score is not {gte: 0.5}: it is 0.25"),
        ("{error: timeout}", SAFE, "passed", 'error is not "timeout": it is a verdict'),
        ("{error: too_long}", TIMEOUT, "passed", 'error is not "too_long": it is "timeout"'),
        ("{tenant: default, not: {verdict: safe}}", SAFE, "passed", 'not: {verdict "safe"} holds'),
        ("{not: [{tenant: x}, {tools: false, not: {tenant: y}}]}", None, "passed", "not: {tools false, not {tenant"),
        ("[{tenant: x}, {tools: true}]", None, "passed", 'tenant is not "x": it is "default"; or tools is not true'),
        ("{verdict: unsafe}", TIMEOUT, "decided", "gave no verdict (timeout): on_error is block 503"),
        ("{verdict: unsafe}", None, "decided", "nothing is known of the guardian `slm_guardian`: on_error"),
        ("{score: {gte: 0.5}}", Verdict(A, "safe"), "decided", "the verdict of `slm_guardian` has no score: on_error"),
        ("{not: {verdict: safe}}", TIMEOUT, "decided", "not: verdict cannot be told: the guardian"),
        ("[{tenant: x}, {verdict: unsafe}]", TIMEOUT, "decided", "verdict cannot be told"),
    ],
)
def test_every_condition_says_what_it_wanted_and_what_was_there(
    match: str, outcome: Outcome | None, role: str, why: str
) -> None:
    found = explained(match, outcome)
    assert found[0] == role
    assert why in found[1]


RULES = """
rules:
  - {name: trial, match: {verdict: unsafe}, action: {respond: guardian}, mode: shadow}
  - {name: half, match: {tools: false}, action: block, mode: {canary: 50%}}
  - {name: unsafe, match: {verdict: unsafe}, action: {respond: guardian}}
  - {name: most, match: {tools: false}, action: forward}
  - {name: down, match: {error: timeout}, action: {forward: onprem}}
  - {name: last, match: {tools: false}, action: block}
"""


def roles(conversation: str, outcome: Outcome) -> tuple[Explanation, dict[str, tuple[str, str]]]:
    found = explain(policy(f"{HEAD}default: forward{RULES}"), query(conversation=conversation), {A: outcome})
    return found, {line.rule: (line.role, line.why) for line in found.lines}


def test_rules_behind_the_one_that_decided_are_not_reached() -> None:
    found, by_rule = roles("c1", UNSAFE)
    assert by_rule["trial"] == ("shadow", "matched, would respond guardian")
    assert by_rule["half"] == ("shadow", "matched, would block 400; not in the canary: this conversation draws 83.3")
    assert by_rule["unsafe"] == ("decided", "matched")
    assert {by_rule[name] for name in ("most", "down", "last")} == {("not reached", "not reached")}
    assert found.guardians == {A: "unsafe crime pii 0.9"}


def test_who_is_in_the_canary_is_told_with_what_was_drawn() -> None:
    _, by_rule = roles("c3", UNSAFE)
    role, why = by_rule["half"]
    assert role == "decided"
    assert why.startswith("matched; in the canary: this conversation draws ")


def test_behind_a_rule_that_cannot_be_told_only_the_error_is_spoken_of() -> None:
    found, by_rule = roles("c1", TIMEOUT)
    assert found.rule == "down"
    assert by_rule["trial"][1].endswith("; it does not decide")
    assert by_rule["unsafe"][0] == "undecidable"
    assert by_rule["most"][1] == "passed over: `unsafe` cannot be told, and this forwards without naming the error"
    assert by_rule["down"] == ("decided", "matched: it names the error")
    assert by_rule["last"][0] == "not reached"


def test_behind_a_rule_that_cannot_be_told_what_keeps_the_query_back_for_certain_decides() -> None:
    lines = ["{verdict: unsafe}, action: block", "{tools: false}, action: block", "{tools: false}, action: forward"]
    for order, rule, why in (
        ((0, 1, 2), "r1", "holds whatever `r0` would"),
        ((0, 2, 1), "r0", "before this one forwards"),
    ):
        text = "".join(f"  - {{name: r{i}, match: {lines[i]}}}\n" for i in order)
        found = explain(policy(f"{HEAD}default: forward\nrules:\n{text}"), query(), {A: TIMEOUT})
        told = {line.rule: line.why for line in found.lines}
        assert (found.rule, why in told["r1"]) == (rule, True)


def test_what_the_file_asks_of_its_rules_is_told_as_such() -> None:
    found = explain(policy(f"{HEAD}applies_to: {{tenant: x}}\nrules:\n  - {{name: a, action: block}}\n"), query(), {})
    assert found.lines[0].why == 'applies_to: tenant is not "x": it is "default"'
    assert (found.default, found.guardians) == ("block 400", {})


def test_it_is_text_and_json() -> None:
    found, _ = roles("c1", UNSAFE)
    first, second, *rest = str(found).splitlines()
    assert first == "decision: respond guardian   rule: unsafe   because: matched"
    assert second == "guardians: slm_guardian: unsafe crime pii 0.9   default: forward default"
    assert [line[2] for line in rest] == list("~~*   ")
    assert found.as_json()["lines"][2]["role"] == "decided"


@given(sets, queries, outcomes)
def test_any_decision_can_be_explained(written: WrittenSet, query: Query, given: dict[str, Outcome]) -> None:
    found = written.compiled()
    explanation, decision = explain(found, query, given), found.decide(query, given)
    by_role = {role: [line.rule for line in explanation.lines if line.role == role] for role in ("decided", "shadow")}
    assert by_role["decided"] == ([decision.rule] if decision.rule != "default" else [])
    assert by_role["shadow"] == list(decision.shadow)
    assert [line.rule for line in explanation.lines] == [r.name for r in found.rules if r.phase == query.phase]
