"""Which queries may be forwarded before their verdict: those to which a file applies that says so."""

from __future__ import annotations

import pytest
from hypothesis import given

from gateway.policy.explain import explain
from gateway.policy.rules import Match, any_match
from gateway.replay.edits import edits
from gateway.types import Query
from tests.policy.asking import HEAD
from tests.policy.generated import WrittenSet, queries, sets
from tests.policy.sets import compiled, policy, query

UNSAFE = "rules: [{name: unsafe, match: {verdict: unsafe}, action: block}]\n"
FAST = f"{HEAD}default: forward\napplies_to: {{tenant: {{glob: fast-*}}}}\nspeculative: true\n{UNSAFE}"


@pytest.mark.parametrize(
    ("applies_to", "asked", "expected"),
    [
        ("", {}, True),
        ("applies_to: {tenant: {glob: fast-*}}", {"tenant": "fast-1"}, True),
        ("applies_to: {tenant: {glob: fast-*}}", {"tenant": "slow"}, False),
        ("applies_to: [{tenant: a}, {stream: true, model: m}]", {"stream": True}, True),
        ("applies_to: [{tenant: a}, {stream: true, model: m}]", {}, False),
        ("applies_to: {not: {tenant: a}}", {}, True),
        ("applies_to: {message: {words: hello}, characters: {lt: 100}}", {}, True),
        ("applies_to: {header: {x-app: web}}", {"headers": {"x-app": "web"}}, True),
        ("applies_to: {tools: true}", {"tools": True}, False),
        ("", {"tools": True}, False),
        ("", {"phase": "output"}, False),
    ],
)
def test_a_file_says_it_for_the_queries_that_it_applies_to(
    applies_to: str, asked: dict[str, object], *, expected: bool
) -> None:
    found = policy(f"{HEAD}default: forward\n{applies_to}\nspeculative: true\n{UNSAFE}")
    assert found.speculates(query(**asked)) is expected


def test_one_file_is_enough_and_none_says_it_for_another() -> None:
    no = f"{HEAD}applies_to: {{tenant: slow}}\nspeculative: false\n"
    too = f"{HEAD}applies_to: {{tenant: quick}}\nspeculative: true\n"
    found = policy(FAST, no, too)
    asked = [query(tenant=name) for name in ("fast-1", "quick", "slow", "default")]
    assert [found.speculates(one) for one in asked] == [True, True, False, False]
    assert policy(f"{HEAD}default: forward\n{UNSAFE}").speculative == ()


@given(sets, queries)
def test_a_set_that_says_nothing_of_it_never_does(written: WrittenSet, asked: Query) -> None:
    assert not written.compiled().speculates(asked)


@pytest.mark.parametrize("condition", ["verdict: unsafe", "category: pii", "score: {gt: 0.5}", "error: timeout"])
@pytest.mark.parametrize("match", ["{MATCH}", "[{tenant: a}, {tenant: b, MATCH}]", "{not: {not: {MATCH}}}"])
def test_what_needs_a_verdict_cannot_say_what_comes_before_it(condition: str, match: str) -> None:
    found, told = compiled(f"{HEAD}applies_to: {match.replace('MATCH', condition)}\nspeculative: true\n")
    assert found is None
    assert [(one.code, condition.partition(":")[0] in one.message) for one in told.errors] == [("P021", True)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("phase: output\nspeculative: true\n", "P021"),
        ("speculative: yes\n", "P007"),
        ("speculative: {}\n", "P007"),
        ("speculativ: true\n", "P004"),
        ("rules: [{name: a, action: block, speculative: true}]\n", "P004"),
    ],
)
def test_what_is_written_wrong_is_told(text: str, code: str) -> None:
    found, told = compiled(HEAD + text)
    assert found is None
    assert [one.code for one in told.errors] == [code]


def test_false_in_a_file_about_answers_says_what_is_so_anyway() -> None:
    assert policy(f"{HEAD}default: block\nphase: output\nspeculative: false\n").speculative == ()


def test_an_explanation_says_it() -> None:
    found = policy(FAST)
    fast, slow = explain(found, query(tenant="fast-1"), {}), explain(found, query(), {})
    assert (fast.as_json()["speculative"], slow.as_json()["speculative"]) == (True, False)
    assert ("speculative" in str(fast), "speculative" in str(slow)) == (True, False)


def test_a_difference_names_it() -> None:
    wider, without = FAST.replace("fast-", "f-"), FAST.replace("true", "false")
    assert list(edits(policy(FAST), policy(f"# the same\n{FAST}"))) == []
    for other in (wider, without):
        assert ("changed", "speculative") in list(edits(policy(FAST), policy(other)))


def test_it_is_part_of_the_version() -> None:
    assert policy(FAST).version != policy(FAST.replace("true", "false")).version


def test_no_match_at_all_is_every_query() -> None:
    facts = policy(FAST).facts(query(), {})
    assert any_match((), facts) is True
    assert any_match((Match(),), facts) is True
