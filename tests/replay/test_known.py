"""What can be decided of a query of which not all is known: against every way in which the rest could come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.replay.known import Known, Unknown, decide, masked
from gateway.types import GuardianError, Outcome, Query, Verdict
from tests.policy.generated import WrittenSet, outcomes, queries, sets
from tests.policy.sets import policy, query

HEAD = "version: 1\nguardian: slm_guardian\ndefault: forward\n"
CONTENT = frozenset({"message", "header"})
FAILED = {"slm_guardian": GuardianError("slm_guardian", "timeout")}
UNSAFE = {"slm_guardian": Verdict("slm_guardian", "unsafe", (), 0.9)}


def found(
    policy: PolicySet, query: Query, outcomes: Mapping[str, Outcome], told: Mapping[str, bool]
) -> Known | Unknown:
    return decide(masked(policy, CONTENT), query, outcomes, CONTENT, told)


def every_way(policy: PolicySet) -> Iterator[dict[str, bool]]:
    """The answers that the conditions on content can have."""
    keys = sorted({c.key for rule in policy.rules for c in rule.conditions if c.name in CONTENT})
    return (dict(zip(keys, answers, strict=True)) for answers in product((False, True), repeat=len(keys)))


@given(sets, queries, outcomes)
def test_what_is_known_is_so_in_every_way(written: WrittenSet, query: Query, given: dict[str, Outcome]) -> None:
    policy = written.compiled()
    known = found(policy, query, given, {})
    if isinstance(known, Known):
        for told in every_way(policy):
            decision = policy.decide(query, given, told)
            assert (decision.action, decision.rule) == (known.decision.action, known.decision.rule)
            assert set(known.decision.shadow) <= set(decision.shadow)
            assert set(decision.shadow) <= {*known.decision.shadow, *known.untold}


@given(sets, queries, outcomes)
def test_what_one_was_told_then_is_enough_for_the_same_set(
    written: WrittenSet, query: Query, given: dict[str, Outcome]
) -> None:
    policy = written.compiled()
    asked = {name: given[name] for name in policy.plan(query) if name in given}
    decision = policy.decide(query, asked)
    known = found(policy, query, asked, decision.told)
    missing = set(policy.plan(query)) - set(asked)
    assert isinstance(known, Known) or missing
    if isinstance(known, Known):
        assert (known.decision, known.untold) == (decision, {}) or missing


def rules(*lines: str) -> PolicySet:
    return policy(f"{HEAD}rules:\n" + "".join(f"  - {{{line}}}\n" for line in lines))


def hangs_on(rules: PolicySet, outcomes: Mapping[str, Outcome], **asked: str) -> str | None:
    known = found(rules, query(**asked), outcomes, {})
    return known.needs if isinstance(known, Unknown) else None


def test_a_query_hangs_on_a_text_only_where_the_text_decides() -> None:
    either = rules("name: a, match: [{tenant: x, message: {words: blue}}, {verdict: unsafe}], action: block")
    assert hangs_on(either, FAILED, tenant="x") == "message"
    assert hangs_on(either, FAILED, tenant="y") is None
    assert hangs_on(either, UNSAFE, tenant="x") is None
    assert hangs_on(either, {}, tenant="y") == "guardian slm_guardian"


def test_a_header_is_named() -> None:
    app = rules("name: a, match: {header: {X-App: kiosk}}, action: block")
    assert hangs_on(app, UNSAFE) == "header x-app"


def test_after_a_failure_texts_matter_in_rules_about_it_and_in_those_that_keep_back() -> None:
    unsafe, words = "name: a, match: {verdict: unsafe}, action: block", "match: {message: {words: blue}}, action: "
    late = "match: {error: timeout, message: {words: blue}}, action: forward"
    assert hangs_on(rules(unsafe, f"name: b, {words}forward"), FAILED) is None
    assert hangs_on(rules(unsafe, f"name: b, {words}block"), FAILED) == "message"
    assert hangs_on(rules(unsafe, f"name: b, {late}"), FAILED) == "message"


def test_a_rule_on_trial_that_cannot_be_told_is_named_and_does_not_matter() -> None:
    trial = rules("name: a, match: {message: {words: blue}}, action: block, mode: shadow")
    known = found(trial, query(), UNSAFE, {})
    assert isinstance(known, Known)
    assert (known.decision.rule, known.untold) == ("default", {"a": "message"})


@given(sets, queries, outcomes, st.data())
def test_nothing_is_unknown_when_all_is_told(
    written: WrittenSet, query: Query, given: dict[str, Outcome], data: st.DataObject
) -> None:
    policy = written.compiled()
    told = data.draw(st.sampled_from(list(every_way(policy))))
    known = found(policy, query, given, told)
    if isinstance(known, Unknown):
        assert known.needs.removeprefix("guardian ") in {"slm_guardian", "qwen3guard"} - set(given)
    else:
        assert known.decision == policy.decide(query, given, told)
