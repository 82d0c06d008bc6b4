"""P103 against the truth: every world of a small domain is decided, and the linter names the rules that never fire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.unreachable import unreachable
from tests.policy.sets import compiled, policy
from tests.policy.worlds import FILES, FORWARDS, fired, written


def never(text: str) -> dict[str, list[str]]:
    """What the linter says: each rule that can never fire, and the rules that take all of it."""
    return {rule.name: [one.name for one in takers] for rule, takers in unreachable(policy(text).rules)}


@pytest.mark.parametrize(
    ("why", "rules", "expected"),
    [
        ("one takes it", [("{verdict: unsafe}", "enforce"), ("{verdict: unsafe, tenant: acme}", "enforce")], ["r0"]),
        (
            "two together",
            [("{score: {gte: 0.5}}", "enforce"), ("{score: {lt: 0.5}}", "enforce"), ("{verdict: safe}", FORWARDS)],
            ["r0", "r1"],
        ),
        (
            "what is kept back for certain stays so after a failure",
            [
                ("{verdict: unsafe}", "enforce"),
                ("{tenant: acme}", "enforce"),
                ("{tenant: acme, error: timeout}", FORWARDS),
            ],
            ["r1"],
        ),
        (
            "a contradiction",
            [("{tenant: school}", "enforce"), ("{tenant: acme, not: {tenant: {glob: 'a*'}}}", "enforce")],
            [],
        ),
        ("no such score", [("{score: {gt: 1}}", "enforce")], []),
        ("no such length", [("{characters: {gt: 3, lt: 4}}", "enforce")], []),
        (
            "a word of a list",
            [("{message: {words: [a, b]}}", "enforce"), ("{message: {words: b}}", "enforce")],
            ["r0"],
        ),
        (
            "one header of two",
            [("{header: {x-app: a}}", "enforce"), ("{header: {X-App: a, x-key: b}}", "enforce")],
            ["r0"],
        ),
        ("a canary of all", [("{tenant: acme}", "{canary: 100%}"), ("{tenant: acme}", "shadow")], ["r0"]),
    ],
)
def test_the_last_rule_never_fires(why: str, rules: list[tuple[str, str]], expected: list[str]) -> None:
    last = f"r{len(rules) - 1}"
    assert never(written(None, rules)) == {last: expected}, why


@pytest.mark.parametrize(
    ("why", "rules"),
    [
        ("a canary stands aside", [("{tenant: acme}", "{canary: 99%}"), ("{tenant: acme}", "enforce")]),
        ("a shadow rule does not decide", [("{tenant: acme}", "shadow"), ("{tenant: acme}", "enforce")]),
        ("without a score only some are told", [("{verdict: safe}", "enforce"), ("{score: {lt: 0.5}}", "enforce")]),
        ("an error that is named", [("{verdict: unsafe}", "enforce"), ("{error: timeout}", "enforce")]),
        (
            "a canary that cannot be told leaves only errors by name",
            [
                ("{verdict: unsafe}", "{canary: 50%}"),
                ("{tenant: acme}", FORWARDS),
                ("{tenant: acme, error: timeout}", "enforce"),
            ],
        ),
    ],
)
def test_every_rule_may_fire(why: str, rules: list[tuple[str, str]]) -> None:
    assert never(written(None, rules)) == {}, why


def test_rules_of_the_other_phase_take_nothing() -> None:
    text = f"{written(None, [('{tenant: acme}', 'enforce')])}  - {{name: b, phase: output, action: block}}\n"
    assert "P103" not in str(compiled(text)[1])


def test_a_file_with_an_error_is_not_linted_for_reach() -> None:
    text = written(None, [("{verdict: unsfe}", "enforce"), ("{verdict: unsafe}", "enforce")])
    assert "P103" not in str(compiled(text)[1])


@settings(max_examples=300)
@given(FILES)
def test_the_linter_says_never_exactly_where_no_world_lets_the_rule_fire(file: Any) -> None:
    text = written(*file)
    rules = policy(text)
    assert set(never(text)) == {rule.name for rule in rules.rules} - fired(rules), text


@settings(max_examples=100)
@given(FILES, st.integers(0, 400))
def test_with_too_little_work_it_says_less_and_nothing_wrong(file: Any, work: int) -> None:
    rules = policy(written(*file)).rules
    assert {rule.name for rule, _ in unreachable(rules, work)} <= {rule.name for rule, _ in unreachable(rules)}


def test_a_rule_that_is_too_much_to_reckon_with_may_be_undecidable_anywhere() -> None:
    many = ", ".join(f"{{category: [crime, hate], tenant: t{i}}}" for i in range(9))
    rules = [f"{{verdict: unsafe, not: [{many}]}}", "{tenant: acme}", "{tenant: acme, error: timeout}"]
    found = policy(written(None, zip(rules, ("enforce", FORWARDS, "enforce"), strict=True))).rules
    assert list(unreachable(found, 150)) == list(unreachable(found)) == []
    assert [rule.name for rule, _ in unreachable(found[1:], 150)] == ["r2"]
