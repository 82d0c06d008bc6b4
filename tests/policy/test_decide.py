"""What is decided: by example, and by properties over generated sets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.types import ERROR_KINDS, LABELS, Block, Forward, GuardianError, Outcome, Respond, Verdict
from tests.policy.sets import policy, query

HEAD = "version: 1\nguardian: slm_guardian\n"
UNSAFE = Verdict("slm_guardian", "unsafe", ("crime",), 0.9)
SAFE = Verdict("slm_guardian", "safe", (), 0.1)
TIMEOUT = GuardianError("slm_guardian", "timeout")


def one(match: str, action: str = "{block: {status: 403}}") -> PolicySet:
    return policy(f"{HEAD}default: forward\nrules:\n  - name: a\n    match: {match}\n    action: {action}\n")


def decided(rules: PolicySet, outcome: Outcome | None, **asked: Any) -> tuple[object, str, str]:
    outcomes = {} if outcome is None else {outcome.guardian: outcome}
    decision = rules.decide(query(**asked), outcomes)
    return decision.action, decision.rule, decision.reason


@pytest.mark.parametrize(
    ("match", "asked", "outcome", "matches"),
    [
        ("{tenant: acme}", {"tenant": "acme"}, None, True),
        ("{tenant: acme}", {"tenant": "acme-2"}, None, False),
        ('{tenant: {glob: "school-*"}}', {"tenant": "school-7"}, None, True),
        ('{tenant: [a, {regex: "^b"}]}', {"tenant": "bcd"}, None, True),
        ("{tenant: no}", {"tenant": "no"}, None, True),
        ("{model: gpt-4o}", {"model": "gpt-4o"}, None, True),
        ("{surface: chat}", {}, None, True),
        ("{message: {contains: PASSWORD}}", {"text": "my password is"}, None, True),
        ("{message: {regex: '^[0-9]+$'}}", {"text": "12a"}, None, False),
        ("{header: {X-App: mobile}}", {"headers": {"x-app": "mobile"}}, None, True),
        ("{header: {x-app: mobile}}", {}, None, False),
        ("{characters: {gt: 3, lte: 5}}", {"text": "12345"}, None, True),
        ("{characters: {gt: 5}}", {"text": "12345"}, None, False),
        ("{stream: true}", {"stream": True}, None, True),
        ("{tools: false}", {"tools": True}, None, False),
        ("{verdict: unsafe}", {}, UNSAFE, True),
        ("{verdict: [controversial, safe]}", {}, UNSAFE, False),
        ("{category: [pii, crime]}", {}, UNSAFE, True),
        ("{category: pii}", {}, UNSAFE, False),
        ("{score: {gte: 0.9}}", {}, UNSAFE, True),
        ("{score: {gt: 0.9}}", {}, UNSAFE, False),
        ("{error: timeout}", {}, TIMEOUT, True),
        ("{error: unavailable}", {}, TIMEOUT, False),
        ("{error: timeout}", {}, UNSAFE, False),
        ("{verdict: unsafe, not: {category: crime}}", {}, UNSAFE, False),
        ("{verdict: unsafe, not: [{category: pii}, {tenant: x}]}", {}, UNSAFE, True),
        ("[{tenant: x}, {verdict: unsafe}]", {}, UNSAFE, True),
    ],
)
def test_a_match_means_what_it_says(
    match: str, asked: dict[str, Any], outcome: Outcome | None, *, matches: bool
) -> None:
    assert (decided(one(match), outcome, **asked)[1] == "a") == matches


def test_the_first_rule_that_matches_decides_over_all_files() -> None:
    first = f"{HEAD}rules:\n  - {{name: one, match: {{tenant: x}}, action: block}}\n"
    second = f"{HEAD}default: forward\nrules:\n  - {{name: two, action: {{block: {{status: 451}}}}}}\n"
    rules = policy(first, second)
    assert decided(rules, None, tenant="x") == (Block(400), "one", "matched")
    assert decided(rules, None) == (Block(451), "two", "matched")


def test_applies_to_is_part_of_every_rule() -> None:
    rules = policy(f"{HEAD}default: forward\napplies_to: {{tenant: x}}\nrules:\n  - {{name: a, action: block}}\n")
    assert decided(rules, None, tenant="y")[1] == "default"


def test_without_a_default_a_query_that_nothing_matches_is_blocked() -> None:
    assert decided(policy(HEAD), None) == (Block(400), "default", "default")


def test_a_missing_verdict_makes_the_rule_undecidable_and_its_on_error_decides() -> None:
    assert decided(one("{verdict: unsafe}"), TIMEOUT) == (Block(503), "a", "guardian_error")
    assert decided(one("{verdict: unsafe}"), None) == (Block(503), "a", "guardian_error")


def test_after_an_undecidable_rule_only_rules_about_errors_decide() -> None:
    text = """
rules:
  - {name: unsafe, match: {verdict: unsafe}, action: block}
  - {name: all, match: {tenant: default}, action: forward, reason: test}
  - {name: on-timeout, match: {error: timeout}, action: {forward: onprem}}
"""
    rules = policy(HEAD + "default: forward" + text)
    assert decided(rules, TIMEOUT) == (Forward("onprem"), "on-timeout", "guardian_error")
    assert decided(rules, GuardianError("slm_guardian", "too_long")) == (Block(503), "unsafe", "guardian_error")


def test_a_shadow_rule_is_recorded_and_does_not_decide() -> None:
    text = "rules:\n  - {name: trial, match: {verdict: unsafe}, action: block, mode: shadow}\n"
    decision = policy(f"{HEAD}default: forward\n{text}").decide(query(), {"slm_guardian": UNSAFE})
    assert (decision.action, decision.rule, decision.shadow) == (Forward(), "default", ("trial",))


def test_no_guardian_is_asked_when_the_request_alone_decides() -> None:
    text = """
rules:
  - {name: probe, match: {header: {user-agent: prober}}, action: forward, reason: fixed text}
  - {name: unsafe, match: {verdict: unsafe}, action: {respond: guardian}}
"""
    rules = policy(HEAD + "default: forward" + text)
    assert rules.plan(query(headers={"user-agent": "prober"})) == ()
    assert rules.plan(query()) == ("slm_guardian",)
    assert decided(rules, UNSAFE)[0] == Respond("guardian")


names = st.sampled_from(
    ["verdict: unsafe", "verdict: safe", "category: crime", "score: {gte: 0.5}", "tenant: x", "error: timeout"]
)
actions = st.sampled_from(["block", "forward", "{respond: guardian}", "{block: {status: 418}}"])
rule_texts = st.lists(
    st.tuples(st.lists(names, max_size=2, unique_by=lambda n: n.split(":")[0]), actions, st.booleans()), max_size=6
)
outcomes = st.one_of(
    st.none(),
    st.builds(GuardianError, st.just("slm_guardian"), st.sampled_from(ERROR_KINDS)),
    st.builds(
        Verdict, st.just("slm_guardian"), st.sampled_from(LABELS), st.sampled_from([(), ("crime",)]), st.floats(0, 1)
    ),
)
tenants = st.sampled_from(["x", "y"])


MODES = ("enforce", "shadow")


def written(rules: list[tuple[list[str], str, bool]], *, shadows: bool = True) -> str:
    lines = [
        f"  - {{name: r{i}, match: {{{', '.join(match)}}}, action: {action}, mode: {MODES[shadow]}}}"
        for i, (match, action, shadow) in enumerate(rules)
        if shadows or not shadow
    ]
    return f"{HEAD}default: forward\n" + ("rules:\n" + "\n".join(lines) if lines else "")


@given(rule_texts, outcomes, tenants)
def test_a_shadow_rule_never_changes_a_decision(rules: Any, outcome: Outcome | None, tenant: str) -> None:
    with_shadows, without = policy(written(rules)), policy(written(rules, shadows=False))
    assert decided(with_shadows, outcome, tenant=tenant) == decided(without, outcome, tenant=tenant)


@given(rule_texts, st.builds(GuardianError, st.just("slm_guardian"), st.sampled_from(ERROR_KINDS)), tenants)
def test_a_failed_guardian_never_forwards_unless_a_rule_says_so_by_name(
    rules: Any, outcome: Outcome, tenant: str
) -> None:
    found = policy(written(rules))
    answers = [
        (r, a) for r, a in found.answers(query(tenant=tenant), {"slm_guardian": outcome}) if r.mode.kind == "enforce"
    ]
    undecidable = next((rule for rule, answer in answers if answer is None), None)
    action, name, _ = decided(found, outcome, tenant=tenant)
    deciding = next((rule for rule in found.rules if rule.name == name), None)
    if undecidable is not None and action == Forward():
        assert deciding is not None
        assert deciding.needs_error or found.rules.index(deciding) < found.rules.index(undecidable)
    assert not (undecidable is not None and name == "default")


@given(rule_texts, outcomes, tenants)
def test_what_is_decided_without_a_guardian_stays_decided_with_one(
    rules: Any, outcome: Outcome | None, tenant: str
) -> None:
    found = policy(written(rules))
    if found.plan(query(tenant=tenant)) == ():
        assert decided(found, outcome, tenant=tenant) == decided(found, None, tenant=tenant)
