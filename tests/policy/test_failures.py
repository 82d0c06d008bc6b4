"""What happens when a guardian gives no verdict: `on_error`, and what rules say about errors by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.policy import PolicySet
from gateway.types import Block, ErrorKind, Forward, GuardianError, Outcome, Respond, Verdict
from tests.policy.sets import policy, query

A, B = "slm_guardian", "qwen3guard"
UNSAFE = "  - {name: unsafe, match: {verdict: unsafe}, action: {respond: guardian}"


def failed(found: PolicySet, kind: ErrorKind = "timeout", **more: object) -> tuple[object, str, str]:
    decision = found.decide(query(**more), {A: GuardianError(A, kind)})
    return decision.action, decision.rule, decision.reason


def head(guardian: str = A, more: str = "") -> str:
    return f"version: 1\nguardian: {guardian}\n{more}"


@pytest.mark.parametrize(
    ("of_file", "of_rule", "kind", "action"),
    [
        ("", "", "timeout", Block(503)),
        ("block", "", "timeout", Block(503)),
        ("{block: {status: 400}}", "", "timeout", Block(400)),
        ("{respond: guardian}", "", "timeout", Respond("guardian")),
        ("{respond: guardian}", "forward", "timeout", Forward()),
        ("forward", "block", "timeout", Block(503)),
        ("{timeout: forward}", "", "timeout", Forward()),
        ("{timeout: forward}", "", "too_long", Block(503)),
        ("{timeout: forward, other: {respond: guardian}}", "", "too_long", Respond("guardian")),
        ("{timeout: forward}", "{too_long: {respond: guardian}}", "timeout", Forward()),
        ("{timeout: forward}", "{timeout: block}", "timeout", Block(503)),
        ("{timeout: forward}", "{other: {respond: guardian}}", "unparseable", Respond("guardian")),
        ("{other: forward}", "{timeout: block}", "overloaded", Forward()),
        ("{other: forward}", "{timeout: block}", "timeout", Block(503)),
    ],
)
def test_the_rules_on_error_goes_before_the_files_and_else_it_fails_closed(
    of_file: str, of_rule: str, kind: ErrorKind, action: object
) -> None:
    file = f"on_error: {of_file}\n" if of_file else ""
    rule = f", on_error: {of_rule}" if of_rule else ""
    found = policy(f"{head(more=file)}default: forward\nrules:\n{UNSAFE}{rule}}}\n")
    assert failed(found, kind) == (action, "unsafe", "guardian_error")


@pytest.mark.parametrize(
    ("match", "action"),
    [
        ("{error: timeout}", Forward("onprem")),
        ("{error: [unavailable, timeout]}", Forward("onprem")),
        ("{error: timeout, tools: false}", Forward("onprem")),
        ("[{verdict: safe}, {error: timeout}]", Forward("onprem")),
        ("{error: unavailable}", Block(503)),
        ("[{tools: false}, {error: unavailable}]", Block(503)),
        ("[{tools: false}, {error: timeout, tools: true}]", Block(503)),
        ("{tools: false, not: {error: unavailable}}", Block(503)),
        ("{tools: false}", Block(503)),
    ],
)
def test_after_a_rule_that_cannot_be_told_only_an_alternative_that_names_the_error_decides(
    match: str, action: object
) -> None:
    last = f"  - {{name: last, match: {match}, action: {{forward: onprem}}, reason: test}}\n"
    assert failed(policy(f"{head()}default: forward\nrules:\n{UNSAFE}}}\n{last}"))[0] == action


@pytest.mark.parametrize(
    ("applies_to", "kind", "rule"),
    [
        ("{error: timeout}", "timeout", "all"),
        ("[{error: timeout}, {tenant: x}]", "timeout", "all"),
        ("[{error: timeout}, {tenant: default}]", "unavailable", "unsafe"),
    ],
)
def test_a_file_may_name_the_error_for_its_rules(applies_to: str, kind: ErrorKind, rule: str) -> None:
    first = f"{head()}default: forward\nrules:\n{UNSAFE}}}\n"
    second = f"{head()}applies_to: {applies_to}\nrules:\n  - {{name: all, action: forward, reason: test}}\n"
    assert failed(policy(first, second), kind)[1] == rule


def two_guardians(second: str) -> PolicySet:
    first = f"{head()}default: forward\nrules:\n{UNSAFE}}}\n"
    return policy(first, f"{head(B)}rules:\n{second}")


def test_a_rule_about_one_guardians_error_does_not_decide_for_another_that_failed() -> None:
    found = two_guardians("  - {name: b-down, match: {error: timeout}, action: forward}\n")
    outcomes: dict[str, Outcome] = {name: GuardianError(name, "timeout") for name in (A, B)}
    assert found.decide(query(), outcomes).action == Block(503)
    assert found.decide(query(), {**outcomes, A: Verdict(A, "safe")}).rule == "b-down"


def test_a_guardian_that_is_not_asked_changes_nothing_by_failing() -> None:
    found = two_guardians(
        "  - {name: all, action: block}\n  - {name: b-down, match: {error: timeout}, action: forward}\n"
    )
    outcomes: dict[str, Outcome] = {A: GuardianError(A, "timeout")}
    assert found.plan(query()) == (A,)
    assert found.decide(query(), outcomes) == found.decide(query(), {**outcomes, B: GuardianError(B, "timeout")})


@pytest.mark.parametrize(
    ("outcome", "action", "reason"),
    [
        (GuardianError(A, "timeout"), Block(503), "guardian_error"),
        (Verdict(A, "unsafe"), Block(400), "matched"),
    ],
)
def test_a_rule_about_verdicts_and_errors_says_which_it_was(outcome: Outcome, action: object, reason: str) -> None:
    rule = "  - {name: both, match: [{error: timeout}, {verdict: unsafe}], action: block}\n"
    decision = policy(f"{head()}default: forward\nrules:\n{rule}").decide(query(), {A: outcome})
    assert (decision.action, decision.reason) == (action, reason)


def test_a_status_that_is_written_is_the_one_that_is_sent() -> None:
    rule = "  - {name: down, match: {error: timeout}, action: {block: {status: 400}}}\n"
    assert failed(policy(f"{head()}default: forward\nrules:\n{rule}"))[0] == Block(400)


def test_a_verdict_without_a_score_leaves_a_rule_on_scores_undecidable() -> None:
    rule = "  - {name: score, match: {score: {gte: 0.5}}, action: {respond: guardian}}\n"
    decision = policy(f"{head()}default: forward\nrules:\n{rule}").decide(query(), {A: Verdict(A, "safe")})
    assert (decision.action, decision.rule, decision.reason) == (Block(503), "score", "guardian_error")


OUTPUT = f"""{head()}default: block
rules:
  - {{name: asked, match: {{tenant: x}}, action: forward, reason: test}}
  - {{name: said, phase: output, match: {{message: {{contains: secret}}}}, action: {{respond: guardian}}}}
  - {{name: judged, phase: output, match: {{verdict: unsafe}}, action: block}}
"""


@pytest.mark.parametrize(
    ("text", "outcome", "told"),
    [
        ("hello", Verdict(A, "safe"), (Forward(), "default", "default")),
        ("a secret", Verdict(A, "safe"), (Respond("guardian"), "said", "matched")),
        ("hello", Verdict(A, "unsafe"), (Block(400), "judged", "matched")),
        ("hello", GuardianError(A, "timeout"), (Block(503), "judged", "guardian_error")),
    ],
)
def test_an_answer_is_judged_by_the_output_rules_alone_and_released_by_default(
    text: str, outcome: Outcome, told: tuple[object, str, str]
) -> None:
    found = policy(OUTPUT)
    decision = found.decide(replace(query(text, tenant="x"), phase="output"), {A: outcome})
    assert (decision.action, decision.rule, decision.reason) == told
    assert found.decide(query(text, tenant="x"), {A: outcome}).rule == "asked"


def test_each_phase_has_its_own_plan() -> None:
    found = policy(OUTPUT)
    assert found.plan(query(tenant="x")) == ()
    assert found.plan(replace(query(), phase="output")) == (A,)
    assert found.plan(replace(query("a secret"), phase="output")) == ()


TOLD = """  - {name: own, match: {tenant: x}, action: block, signal: completion, annotate: false}
  - {name: inherited, match: {tenant: y}, action: {forward: {upstream: onprem, model: small, system_prompt: Be kind.}},
     reason: test}
"""


def test_how_the_caller_is_told_is_the_rules_own_or_the_files() -> None:
    found = policy(f"{head(more='signal: error')}\nannotate: true\ndefault: forward\nrules:\n{TOLD}")
    own, inherited = (found.decide(query(tenant=tenant), {}) for tenant in "xy")
    assert (own.signal, own.annotate) == ("completion", False)
    assert (inherited.signal, inherited.annotate) == ("error", True)
    assert inherited.action == Forward("onprem", "small", "Be kind.")


@pytest.mark.parametrize("on_error", ["block", "forward", "{respond: guardian}"])
def test_what_a_rule_keeps_back_for_certain_is_not_let_through_because_another_guardian_failed(on_error: str) -> None:
    text = f"""
  - {{name: unsafe, match: {{verdict: unsafe}}, action: block, on_error: {on_error}}}
  - {{name: words, match: {{message: {{words: plans}}}}, action: {{respond: guardian}}}}
  - {{name: handler, match: {{error: timeout}}, action: {{forward: onprem}}}}"""
    found = policy(head(A) + "rules:" + text)
    decision = found.decide(query("our plans"), {A: GuardianError(A, "timeout")})
    assert (decision.action, decision.rule, decision.reason) == (Respond("guardian"), "words", "matched")
    assert failed(found) == (Forward("onprem"), "handler", "guardian_error")


def test_a_second_guardians_unsafe_verdict_holds_though_the_first_failed() -> None:
    found = two_guardians("  - {name: b-unsafe, match: {verdict: unsafe}, action: block}\n")
    decision = found.decide(query(), {A: GuardianError(A, "timeout"), B: Verdict(B, "unsafe")})
    assert (decision.action, decision.rule, decision.reason) == (Block(400), "b-unsafe", "matched")
