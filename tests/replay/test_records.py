"""Records as they are stored, read back and decided again."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.observe.row import row
from gateway.policy import PolicySet
from gateway.replay.again import Again, before
from gateway.replay.compare import Case, Comparison, Made
from gateway.replay.facts import NEEDED, Recorded, recorded
from gateway.replay.known import Unknown
from gateway.replay.records import of_file
from gateway.types import Block, Decision, Forward, GuardianError, Message, Outcome, Query, Record, Respond, Verdict
from tests.observe.records import record
from tests.policy.generated import GUARDIANS, WrittenSet, errors, queries, sets, verdicts
from tests.policy.sets import policy

HEAD = "version: 1\nguardian: slm_guardian\ndefault: forward\n"
SAFE = {"slm_guardian": Verdict("slm_guardian", "safe", (), 0.1)}
CASE = Case("r", "default", (), "safe")
judged = st.fixed_dictionaries({name: verdicts(name) | errors(name) for name in GUARDIANS})


def stored(record: Record, *, content: bool = False) -> dict[str, Any]:
    """As `gateway audit export` has it."""
    made: dict[str, Any] = orjson.loads(orjson.dumps(row(record, "k", content=content)))
    return {name: value for name, value in made.items() if name != "key"}


def past(*, content: bool = False, **facts: Any) -> Recorded:
    return recorded(stored(record(**facts), content=content), "here")


def lived(policy: PolicySet, query: Query, said: dict[str, Outcome], of_answer: dict[str, Outcome]) -> Record:
    """The record that a gateway writes of this query, as `flow.answer` and `trace` make it."""
    outcomes = {name: said[name] for name in policy.plan(query)}
    decision = policy.decide(query, outcomes)
    told, output = dict(decision.told), {}
    if isinstance(decision.action, Forward) and policy.judges_output:
        answer = replace(query, phase="output", messages=(Message("assistant", ("Dogs and bombs",)),))
        output = {name: of_answer[name] for name in policy.plan(answer)}
        reviewed = policy.decide(answer, output)
        told |= {f"output {key}": held for key, held in reviewed.told.items()}
        decision = decision if isinstance(reviewed.action, Forward) else reviewed
    asked = {
        name: getattr(query, name) for name in ("tenant", "model", "stream", "tools", "conversation", "characters")
    }
    text = "\n\n".join(message.text for message in query.messages)
    done = {"rule": decision.rule, "outcomes": outcomes, "output": output, "told": told, "query": text}
    return record(**asked, **done, **carried_out(decision))


def carried_out(decision: Decision) -> dict[str, Any]:
    match decision.action:
        case Forward(upstream=name):
            return {"action": "forward", "upstream": name or "default"}
        case Respond():
            return {"action": "respond", "upstream": None, "upstream_status": None}
        case Block(status=status):
            return {"action": "block", "status": status, "upstream": None, "upstream_status": None}


def comparison(policy: PolicySet, *records: Recorded) -> Comparison:
    found = Comparison(("then", "now"), 1)
    for one in records:
        found.add(CASE, before(one), Again(policy).decide(one, one.outcomes))
    return found


@given(sets, queries, judged, judged, st.booleans())
def test_under_the_same_set_nothing_changes_and_nothing_is_unknown(
    written: WrittenSet, query: Query, said: dict[str, Outcome], of_answer: dict[str, Outcome], content: bool
) -> None:
    policy = written.compiled()
    one = recorded(stored(lived(policy, replace(query, phase="input"), said, of_answer), content=content), "here")
    found = comparison(policy, one)
    assert (found.same, found.changed, found.unknown) == (1, 0, {})


def rule(action: str, match: str = "{verdict: safe}", more: str = "") -> PolicySet:
    return policy(f"{HEAD}rules:\n  - {{name: a, match: {match}, action: {action}{more}}}\n")


def test_another_upstream_and_another_status_are_changes() -> None:
    sent = past(rule="a", upstream="onprem", outcomes=SAFE)
    refused = past(rule="a", action="block", status=403, upstream=None, upstream_status=None, outcomes=SAFE)
    assert comparison(rule("{forward: onprem}"), sent).same == 1
    assert set(comparison(rule("forward"), sent).transitions) == {("forward onprem (a)", "forward (a)")}
    assert comparison(rule("{block: {status: 403}}"), refused).same == 1
    assert set(comparison(rule("block"), refused).transitions) == {("block 403 (a)", "block 400 (a)")}


@pytest.mark.parametrize("action", ["{respond: guardian}", "block", "forward"])
def test_what_could_not_be_carried_out_is_no_change(action: str) -> None:
    gone = past(rule="a", action="error", status=0, upstream=None, upstream_status=None, outcomes=SAFE)
    assert comparison(rule(action), gone).same == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"action": "error", "status": 502, "upstream": None, "upstream_status": None},
        {"upstream_status": 429},
        {"ended": "disconnected"},
    ],
)
def test_an_answer_that_never_came_is_not_asked_for(facts: dict[str, Any]) -> None:
    leak = rule("block", "{verdict: unsafe}", ", phase: output")
    assert comparison(leak, past(rule="default", outcomes=SAFE, **facts)).same == 1
    assert comparison(leak, past(rule="default", outcomes=SAFE)).unknown == {"guardian slm_guardian of the answer": 1}


@pytest.mark.parametrize("content", [False, True])
def test_the_length_is_that_of_the_texts_and_not_of_how_they_are_stored(*, content: bool) -> None:
    turns = past(rule="default", characters=4, query="ab\n\ncd", content=content, outcomes=SAFE)
    assert comparison(rule("block", "{characters: {gt: 4}}"), turns).same == 1
    assert comparison(rule("block", "{characters: {gte: 4}}"), turns).changed == 1


def test_enforcing_a_rule_on_trial_changes_only_what_it_would_do_otherwise() -> None:
    trial = policy(
        f"{HEAD}rules:\n"
        "  - {name: trial, match: {verdict: safe}, action: block, mode: shadow}\n"
        "  - {name: words, match: {message: {words: blue}}, action: block, mode: shadow}\n"
        "  - {name: x, match: {tenant: x}, action: block}\n"
    )
    found = comparison(trial, past(outcomes=SAFE), past(outcomes=SAFE, tenant="x"))
    assert (found.trials["trial"].matched, found.trials["trial"].different) == (2, 1)
    assert (found.trials["words"].matched, found.trials["words"].unknown) == (0, 2)


def test_a_guardian_that_failed_then_fails_again() -> None:
    failed = {"slm_guardian": GuardianError("slm_guardian", "timeout")}
    made = Again(rule("block")).decide(past(outcomes=failed), failed)
    assert made == Made("block 503", "a")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["default", "type", "label"]), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(NEEDED)), anything)
def test_a_field_of_another_kind_is_no_crash(name: str, value: Any) -> None:
    with suppress(ConfigurationError):
        one = recorded({**stored(record()), name: value}, "here")
        assert isinstance(Again(rule("block")).decide(one, one.outcomes), Made | Unknown)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"started": "now"}, "its `started` is of another kind"),
        ({"characters": True}, "its `characters` is of another kind"),
        ({"outcomes": []}, "its `outcomes` is of another kind"),
        ({"outcomes": {"big": 5}}, "guardian `big` is neither a verdict nor an error"),
    ],
)
def test_a_field_of_another_kind_is_named_with_its_place(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^records.jsonl:7: .*{told}"):
        recorded({**stored(record()), **wrong}, "records.jsonl:7")


async def test_a_file_is_read_as_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    line = orjson.dumps(stored(record())) + b"\n"
    path.write_bytes(line * 20_000)
    tracemalloc.start()
    count = len([None async for _ in of_file(path, 0.0)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < 20_000 * len(line) / 10) == (20_000, True)


async def test_what_no_policy_decided_about_and_what_is_older_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    lines = [record(rule=rule, started=started) for started in (2.0, 1.0) for rule in ("none", "default")]
    path.write_bytes(b"\n".join(orjson.dumps(stored(one)) for one in lines))
    assert [one is None async for one in of_file(path, 2.0)] == [True, False]
