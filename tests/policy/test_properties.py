"""What holds for every policy set: properties over generated ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.types import Forward, Outcome, Query
from tests.policy import reference
from tests.policy.generated import (
    CONDITIONS,
    FEW,
    TENANTS,
    WrittenRule,
    WrittenSet,
    actions,
    failures,
    matches,
    outcomes,
    queries,
    rules,
    sets,
)

Given = dict[str, Outcome]


def told(policy: PolicySet, query: Query, given: Given) -> reference.Told:
    found = policy.decide(query, given)
    return found.action, found.rule, found.reason, found.shadow


@settings(max_examples=300)
@given(sets, queries, outcomes)
def test_the_engine_decides_what_the_language_says(written: WrittenSet, query: Query, given: Given) -> None:
    assert told(written.compiled(), query, given) == reference.decided(written, query, given)


@given(sets, queries, outcomes)
def test_a_decision_names_a_rule_that_there_is(written: WrittenSet, query: Query, given: Given) -> None:
    policy = written.compiled()
    decision = policy.decide(query, given)
    known = [rule.name for rule in policy.rules if rule.phase == query.phase]
    assert decision.rule in (*known, "default")
    assert (decision.rule == "default") == (decision.reason == "default")
    assert set(decision.shadow) <= set(known) - {decision.rule}


@given(sets, rules(), st.data(), queries, outcomes)
def test_a_shadow_rule_anywhere_changes_nothing(
    written: WrittenSet, rule: WrittenRule, data: Any, query: Query, given: Given
) -> None:
    file = data.draw(st.integers(0, len(written.files) - 1))
    own = list(written.files[file].rules)
    own.insert(data.draw(st.integers(0, len(own))), replace(rule, name="added", mode="shadow"))
    before = written.compiled().decide(query, given)
    after = written.with_rules(file, own).compiled().decide(query, given)
    assert (after.action, after.rule, after.reason) == (before.action, before.rule, before.reason)
    assert [name for name in after.shadow if name != "added"] == list(before.shadow)


@settings(max_examples=300)
@given(sets, queries, failures)
def test_a_failed_guardian_forwards_nothing_unless_a_rule_says_so_by_name(
    written: WrittenSet, query: Query, given: Given
) -> None:
    policy = written.compiled()
    decision = policy.decide(query, given)
    enforced = [(r, answer) for r, answer in policy.answers(query, given) if r.mode.enforces(r.name, query)]
    undecidable = next((rule for rule, answer in enforced if answer is None), None)
    if undecidable is None or not isinstance(decision.action, Forward):
        return
    order = [rule.name for rule, _ in enforced]
    deciding = enforced[order.index(decision.rule)][0]
    names_error = deciding.needs_error and deciding.guardian == undecidable.guardian
    before = order.index(deciding.name) < order.index(undecidable.name)
    own = deciding is undecidable and decision.action in deciding.on_error.actions
    assert names_error or before or own


def tenant_rules(tenant: str) -> st.SearchStrategy[WrittenRule]:
    """A rule for this tenant alone."""
    own = matches(FEW, 1).map(lambda match: ({**match, "tenant": tenant},))
    return st.builds(WrittenRule, st.just(f"of-{tenant}"), own, actions("output"), st.just("enforce"))


@settings(max_examples=300)
@given(sets, tenant_rules(TENANTS[0]), tenant_rules(TENANTS[1]), st.data(), queries, outcomes)
def test_neighbours_of_different_tenants_may_change_places(
    written: WrittenSet, one: WrittenRule, other: WrittenRule, data: Any, query: Query, given: Given
) -> None:
    file = data.draw(st.integers(0, len(written.files) - 1))
    own = list(written.files[file].rules)
    at = data.draw(st.integers(0, len(own)))
    as_written, swapped = ([*own[:at], *pair, *own[at:]] for pair in ((one, other), (other, one)))
    first, second = (written.with_rules(file, found).compiled() for found in (as_written, swapped))
    assert told(first, query, given) == told(second, query, given)


@given(sets, st.sampled_from([("0%", "shadow"), ("100%", "enforce")]), queries, outcomes)
def test_a_canary_of_nobody_is_a_shadow_and_one_of_everybody_is_enforced(
    written: WrittenSet, mode: tuple[str, str], query: Query, given: Given
) -> None:
    share, plain = mode
    as_canary, as_mode = written, written
    for at, file in enumerate(written.files):
        as_canary = as_canary.with_rules(at, [replace(rule, mode={"canary": share}) for rule in file.rules])
        as_mode = as_mode.with_rules(at, [replace(rule, mode=plain) for rule in file.rules])
    assert told(as_canary.compiled(), query, given) == told(as_mode.compiled(), query, given)


@settings(max_examples=300)
@given(sets, queries, outcomes)
def test_the_guardians_that_are_not_planned_change_nothing(written: WrittenSet, query: Query, given: Given) -> None:
    policy = written.compiled()
    planned = policy.plan(query)
    asked = {name: outcome for name, outcome in given.items() if name in planned}
    assert told(policy, query, given) == told(policy, query, asked)


@given(sets, queries, outcomes)
def test_the_index_leaves_out_only_rules_that_do_not_match(written: WrittenSet, query: Query, given: Given) -> None:
    policy = written.compiled()
    index, facts = policy.phases[query.phase], policy.facts(query, given)
    left = list(index.candidates(facts))
    assert left == [rule for rule in index.rules if rule in left]
    assert [rule.name for rule in index.rules if rule not in left and rule.test(facts) is not False] == []


@given(sets, queries, outcomes)
def test_what_is_kept_of_content_is_what_its_conditions_say(written: WrittenSet, query: Query, given: Given) -> None:
    policy = written.compiled()
    kept = policy.decide(query, given).told
    asked = {c.key: c for rule in policy.phases[query.phase].rules for c in rule.conditions if c.key}
    assert {key: asked[key].test.holds(policy.facts(query, given)) for key in kept} == kept


@given(sets, queries, outcomes)
def test_a_rule_that_was_ruled_out_leaves_nothing_of_content_untold(
    written: WrittenSet, query: Query, given: Given
) -> None:
    policy = written.compiled()
    blind = replace(query, messages=(), headers={})
    first = policy.decide(query, given)
    again = policy.decide(blind, given, first.told)
    characters = any(c.name == "characters" for rule in policy.rules for c in rule.conditions)
    assert characters or (again.action, again.rule) == (first.action, first.rule)


def test_every_condition_that_needs_no_model_of_languages_and_no_clock_is_generated() -> None:
    from gateway.policy.draft import condition_modules

    assert set(condition_modules()) - set(CONDITIONS) == {"language", "surface", "time"}
