"""Who is in a canary. The keys are fixed, so every count here is the same each time."""

from __future__ import annotations

import pytest

from gateway.policy import PolicySet
from tests.policy.asking import fires, one_rule
from tests.policy.sets import query

KEYS = [f"conversation-{i}" for i in range(4000)]


def canary(share: str, by: str = "conversation") -> PolicySet:
    return one_rule("{tools: false}", more=f'    mode: {{canary: "{share}", by: {by}}}\n')


def inside(share: str) -> set[str]:
    policy = canary(share)
    return {key for key in KEYS if fires(policy, conversation=key)}


@pytest.mark.parametrize(
    ("share", "percent"), [("0%", 0), ("1%", 1), ("12.5%", 12.5), ("50%", 50), ("99%", 99), ("100%", 100)]
)
def test_a_share_of_the_conversations_is_in(share: str, percent: float) -> None:
    found = 100 * len(inside(share)) / len(KEYS)
    assert abs(found - percent) <= (0 if percent in (0, 100) else 2)


def test_who_is_in_stays_in_when_the_share_grows() -> None:
    one, ten, half = inside("1%"), inside("10%"), inside("50%")
    assert one < ten < half


def test_the_same_conversation_is_always_in_or_out_and_the_other_way_is_recorded() -> None:
    first, again = canary("50%"), canary("50%")
    for key in KEYS[:50]:
        decisions = {policy.decide(query(conversation=key), {}) for policy in (first, again)}
        assert len({(d.rule, d.shadow) for d in decisions}) == 1
        assert {(d.rule, d.shadow) for d in decisions} <= {("a", ()), ("default", ("a",))}


def test_by_tenant_all_conversations_of_a_tenant_are_in_or_out() -> None:
    policy = canary("50%", "tenant")
    found = {t: {fires(policy, tenant=t, conversation=c) for c in KEYS[:20]} for t in KEYS[:40]}
    assert {len(answers) for answers in found.values()} == {1}
    assert {True, False} == set.union(*found.values())


def test_a_conversation_is_one_tenants_own() -> None:
    policy = canary("50%")
    assert {fires(policy, tenant=t, conversation="same") for t in KEYS[:40]} == {True, False}


def test_each_rule_draws_its_own_share() -> None:
    one, other = canary("50%"), one_rule("{tools: false}", more="    mode: {canary: 50%}\n")
    renamed = [r.mode.enforces("b", query(conversation=key)) for r in other.rules for key in KEYS[:200]]
    assert renamed != [fires(one, conversation=key) for key in KEYS[:200]]
