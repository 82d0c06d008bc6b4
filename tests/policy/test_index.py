"""The tables that leave rules out: each against the rules' own tests, and what they keep of content."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest

from gateway.policy import PolicySet
from gateway.types import Verdict
from tests.policy.asking import HEAD
from tests.policy.sets import policy, query

A = "slm_guardian"
BOUNDS = [{how: point} for how, point in product(("gt", "gte", "lt", "lte"), (0.25, 0.5))]
PAIRS = [{**one, **other} for one, other in combinations(BOUNDS, 2) if not set(one) & set(other)]


def ruled(*matches: Any) -> PolicySet:
    rules = [{"name": f"r{i}", "match": match, "action": "block"} for i, match in enumerate(matches)]
    return policy(f"{HEAD}default: forward\nrules: {json.dumps(rules)}\n")


def left(found: PolicySet, text: str = "", **more: Any) -> tuple[list[str], list[str]]:
    """What the index leaves, and what matches."""
    score = more.pop("score", None)
    index, facts = found.phases["input"], found.facts(query(text, **more), {A: Verdict(A, "safe", (), score)})
    matching = [rule.name for rule in index.rules if rule.test(facts)]
    return [rule.name for rule in index.candidates(facts)], matching


@pytest.mark.parametrize("score", [0.0, 0.25, 0.3, 0.5, 0.75, 1.0])
def test_numbers_leave_exactly_the_rules_whose_bounds_hold(score: float) -> None:
    candidates, matching = left(ruled(*({"score": bounds} for bounds in (*BOUNDS, *PAIRS))), score=score)
    assert candidates == matching


@pytest.mark.parametrize("score", [0.0, 0.25, 0.3, 0.5, 0.75, 1.0])
def test_numbers_of_alternatives_leave_all_that_match(score: float) -> None:
    several = [[{"score": one}, {"score": other}] for one, other in combinations(BOUNDS, 2)]
    candidates, matching = left(ruled(*several), score=score)
    assert set(matching) <= set(candidates)


def test_without_a_score_every_rule_on_scores_is_left() -> None:
    candidates, matching = left(ruled(*({"score": bounds} for bounds in BOUNDS)), score=None)
    assert (len(candidates), matching) == (len(BOUNDS), [])


PATTERNS = [
    {"regex": "^a"},
    {"glob": "*b"},
    {"regex": ["c", "[0-9]"]},
    "ab",
    {"regex": "(?i)A"},
    {"contains": ["B", "(c"]},
    {"words": "A"},
]
PATTERNS += [{"contains": "a"}, {"regex": r"\Qx"}]


@pytest.mark.parametrize("text", ["", "a", "ab", "xc", "A", "7", "x", "(C)", "a b", "ba", "nothing"])
@pytest.mark.parametrize("patterns", [PATTERNS[:-1], PATTERNS])
def test_texts_leave_all_rules_that_match_and_the_others_where_they_can_be_told(text: str, patterns: list[Any]) -> None:
    candidates, matching = left(ruled(*({"tenant": one} for one in patterns)), tenant=text)
    assert set(matching) <= set(candidates)
    beside = {"r6"} if "a" in text.casefold() else set()  # a part of a word
    assert set(candidates) - beside == set(matching) - beside or r"\Qx" in str(patterns)


def test_what_is_found_nowhere_is_kept_as_not_found_and_is_not_asked_again() -> None:
    found = ruled({"message": {"regex": "bomb"}}, {"message": {"regex": "[0-9]"}}, {"message": {"contains": "end"}})
    decision = found.decide(query("7 things"), {})
    assert (decision.rule, sorted(decision.told.values())) == ("r1", [False, False, True])
    again = found.decide(replace(query(), messages=()), {}, decision.told)
    assert (again.rule, again.told) == (decision.rule, decision.told)
