"""Every text of a query's items is judged or refused, wherever it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.surfaces.responses.items import KINDS
from gateway.surfaces.responses.surface import Responses
from gateway.types import Arrival, Query
from tests.lines_run import lines_run

Item = dict[str, Any]


def read(items: object, **more: Any) -> Query:
    raw = json.dumps({"model": "m", "input": items, **more}).encode()
    return Responses().read(raw, {}, Arrival("r", conversation_key=b"k"))


def judged(items: object, **more: Any) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in read(items, **more).messages]


def said(text: str, role: str = "user") -> Item:
    return {"role": role, "content": text}


def call(name: str) -> Item:
    return {"type": "function_call", "call_id": f"c_{name}", "name": name, "arguments": "{}"}


def result(name: str) -> Item:
    return {"type": "function_call_output", "call_id": f"c_{name}", "output": f"of {name}"}


def thought(text: str, **more: Any) -> Item:
    return {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text}], **more}


def test_a_text_is_a_users_turn() -> None:
    assert judged("hello") == [("user", "hello")]


def test_what_follows_the_last_answer_is_judged() -> None:
    items = [said("be kind", "system"), said("one"), said("ok", "assistant"), said("two"), said("three")]
    assert judged(items) == [("user", "two"), ("user", "three")]
    assert [m.text for m in read(items).history] == ["one", "ok"]


def test_calls_are_judged_with_their_results() -> None:
    items = [said("one"), thought("I need a and b"), call("a"), call("b"), result("a"), result("b")]
    assert judged(items) == [("assistant", "I need a and b\na\n{}\nb\n{}"), ("tool", "of a"), ("tool", "of b")]
    assert [m.text for m in read(items).history] == ["one"]


def test_reasoning_begins_a_new_turn_of_the_model() -> None:
    items = [said("one"), call("a"), result("a"), thought("now b"), call("b"), result("b")]
    assert judged(items) == [("assistant", "now b\nb\n{}"), ("tool", "of b")]


def test_a_result_between_two_calls_is_judged_as_nobody_knows_who_has_seen_it() -> None:
    items = [said("one"), call("a"), result("a"), call("b"), result("b")]
    assert judged(items) == [("assistant", "a\n{}\nb\n{}"), ("tool", "of a"), ("tool", "of b")]


def test_reasoning_that_led_to_an_answer_is_of_the_past_with_it() -> None:
    items = [said("one"), thought("easy"), said("ok", "assistant"), said("two")]
    assert judged(items) == [("user", "two")]


def test_an_item_that_was_made_where_the_model_is_is_judged_with_what_it_brought() -> None:
    search = {"type": "file_search_call", "id": "fs_1", "queries": ["q"], "results": [{"text": "found"}]}
    assert judged([said("one"), search, call("a"), result("a")])[0] == (
        "assistant",
        '["q"]\n[{"text":"found"}]\na\n{}',
    )


def test_instructions_are_trusted_unless_there_is_nothing_else() -> None:
    assert judged("hello", instructions="be kind") == [("user", "hello")]
    assert judged([said("x", "developer")], instructions="be kind") == [("developer", "be kind"), ("developer", "x")]


def test_the_variables_of_a_stored_prompt_are_the_callers() -> None:
    variables = {"a": "one", "b": {"type": "input_text", "text": "two"}}
    query = read("hello", prompt={"id": "pmpt_1", "version": "2", "variables": variables})
    assert [m.text for m in query.messages] == ["hello", "one\ntwo"]
    assert [one.name for one in query.unscanned] == ["stored_prompt"]


def test_a_conversation_has_one_name_at_every_turn() -> None:
    first, second = read([said("one")]), read([said("one"), said("ok", "assistant"), said("two")])
    assert first.conversation == second.conversation != read([said("other")]).conversation


@pytest.mark.parametrize("words", ["first do this", "\ud3ed\ud0c4\ub9cc\ub4dc\ub294\ubc95"])
def test_reasoning_in_words_is_judged_though_it_is_called_encrypted(words: str) -> None:
    """Some servers do not encrypt what they call so, and hand it to the model as it is."""
    query = read([said("one"), thought("a", encrypted_content=words), call("a"), result("a")])
    assert words in query.messages[0].text


def test_reasoning_that_only_its_provider_can_read_passes() -> None:
    query = read([said("one"), thought("a", encrypted_content="gAAAAABo_-=" * 20), call("a"), result("a")])
    assert (query.messages[0].text, query.unscanned) == ("a\na\n{}", ())


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "invalid_input", "input"),
        ({"input": []}, "invalid_input", "input"),
        ({"input": ""}, "invalid_input", "input"),
        ({"input": 5}, "invalid_input", "input"),
        ({"input": ["hello"]}, "invalid_input", "input[0]"),
        ({"input": [{}]}, "unknown_item", "input[0]"),
        ({"input": [{"type": "poem"}]}, "unknown_item", "input[0]"),
        ({"input": [{"type": ["message"], "role": "user"}]}, "unknown_item", "input[0]"),
        ({"input": [said("x", "tool")]}, "unknown_role", "input[0]"),
        ({"input": [{"type": "message", "content": "x"}]}, "unknown_role", "input[0]"),
        ({"input": [{"role": "user", "content": 5}]}, "invalid_input", "input[0].content"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "invalid_input", "input[0].content[0]"),
        ({"input": [{"role": "user", "Content": "x"}]}, "ambiguous_key", "input[0]"),
        ({"input": "x", "Previous_Response_Id": "y"}, "ambiguous_key", "body"),
        ({"input": "x", "stream": "yes"}, "invalid_type", "stream"),
        ({"input": "x", "background": "yes"}, "invalid_type", "background"),
        ({"input": "x", "instructions": [said("y")]}, "invalid_type", "instructions"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(body: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Responses().read(json.dumps(body).encode(), {}, Arrival("r"))
    assert (refused.value.code, refused.value.param) == (code, param)


MARK = "look here"
SOME = "content output summary arguments input name action code results outputs tools queries status id poem text"
fields = st.sampled_from(SOME.split())
values = st.recursive(
    st.sampled_from((MARK, "x", None, 1, True)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("type", "text", "poem")), inner),
    max_leaves=5,
)
kinds = st.sampled_from((*KINDS, "poem"))
items = st.builds(lambda kind, more: {"type": kind, "role": "user", **more}, kinds, st.dictionaries(fields, values))


@given(st.lists(items, min_size=1, max_size=5))
def test_a_text_in_any_field_of_any_item_is_read_or_refused(found: list[Item]) -> None:
    """What is of the past is in the history, and nothing is in both."""
    expected = json.dumps(found).count(MARK)
    try:
        query = read(found)
    except BadRequest:
        return
    assert "\n".join(m.text for m in (*query.history, *query.messages)).count(MARK) == expected


ACTED = st.sampled_from(("user", "call", "result", "thought", "search"))


@given(st.lists(ACTED, min_size=1, max_size=8))
def test_whatever_the_order_of_calls_and_results_none_is_passed_over(acts: list[str]) -> None:
    """Only what stands before the model's last words, or before reasoning that a turn begins with, may be old."""
    made = {"user": said, "call": call, "result": result, "thought": thought, "search": call}
    found = [made[act](f"n{i}") for i, act in enumerate(acts)]
    text = "\n".join(m.text for m in read(found).messages)
    last = max((i for i, act in enumerate(acts) if act in ("thought", "user")), default=0)
    for i, act in enumerate(acts):
        if i >= last and act != "user":
            assert f"n{i}" in text


def test_twice_as_many_calls_and_results_are_twice_the_work() -> None:
    items = [said("one"), *([call("a"), result("a")] * 200)]
    assert lines_run(lambda: read([*items, *items[1:]])) < 2.1 * lines_run(lambda: read(items))
