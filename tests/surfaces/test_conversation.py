"""Contract 4: every text-bearing place of a conversation is read, and what is unknown is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.surfaces.conversation import MEDIA_PARTS, history, read_messages, view
from gateway.types import Message
from gateway.unscanned import Unscanned


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "SEEN"},
        {"role": "user", "content": [{"type": "text", "text": "SEEN"}]},
        {"role": "user", "content": ["SEEN"]},
        {"role": "user", "content": "hi", "name": "SEEN"},
        {"role": "assistant", "content": None, "refusal": "SEEN"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "SEEN"}]},
        {"role": "assistant", "reasoning_content": "SEEN"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "SEEN"}}],
        },
        {
            "role": "assistant",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "SEEN", "arguments": "{}"}}],
        },
        {"role": "assistant", "tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "f", "input": "SEEN"}}]},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "SEEN"}},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"q": ["SEEN"]}}}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"SEEN": 1}}}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f"}, "custom": {"name": "f", "input": "SEEN"}}]},
        {"role": "assistant", "tool_calls": [{"id": "SEEN by a template", "function": {"name": "f"}}]},
        {"role": "assistant", "tool_calls": [{"type": "SEEN by a template", "function": {"name": "f"}}]},
        {"role": "assistant", "reasoning_details": [{"type": "reasoning.text", "text": "SEEN"}]},
        {"role": "assistant", "reasoning": ["SEEN"]},
        {"role": "user", "documents": "SEEN"},
        {"role": "user", "content": [{"type": "text", "text": "hi", "title": "SEEN"}]},
        {"role": "tool", "tool_call_id": "SEEN by a template", "content": "42"},
        {"role": "tool", "tool_call_id": "1", "content": "SEEN"},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "SEEN"}]},
    ],
)
def test_text_is_seen_wherever_it_stands(message: dict[str, Any]) -> None:
    (read,) = read_messages([message])
    assert any("SEEN" in text for text in read.texts)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "hi", "cache_control": {"type": "ephemeral"}, "name": None},
        {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]},
        {"role": "tool", "tool_call_id": "functions.get_weather:0", "content": "hi"},
        {"role": "assistant", "content": "hi", "annotations": [], "audio": None, "refusal": None, "prefix": True},
        {"role": "assistant", "content": "hi", "extra_content": {"google": {"thought_signature": "c2ln"}}},
    ],
)
def test_what_says_nothing_is_not_in_the_judged_text(message: dict[str, Any]) -> None:
    (read,) = read_messages([message])
    assert read.texts == ("hi",)


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (None, "invalid_messages"),
        ([], "invalid_messages"),
        (["hi"], "invalid_messages"),
        ([{"role": "oracle", "content": "hi"}], "unknown_role"),
        ([{"content": "hi"}], "unknown_role"),
        ([{"role": ["user"], "content": "hi"}], "unknown_role"),
        ([{"role": "user", "content": [{"type": ["text"], "text": "hi"}]}], "unknown_content_part"),
        ([{"role": "user", "content": 5}], "invalid_messages"),
        ([{"role": "user", "content": [{"type": "poem", "text": "hi"}]}], "unknown_content_part"),
        ([{"role": "user", "content": [{"text": "hi"}]}], "unknown_content_part"),
        ([{"role": "user", "content": [{"type": "text"}]}], "invalid_messages"),
        ([{"role": "user", "content": [{"type": "text", "text": "hi", "image_url": "x"}]}], "unknown_content_part"),
        ([{"role": "user", "content": "hi", "Content": "ho"}], "ambiguous_key"),
        ([{"role": "user", "content": [{"type": "text", "text": "hi", "Text": "ho"}]}], "ambiguous_key"),
        ([{"role": "user", "content": [{"type": "text", "text": "hi", "Image_URL": "ho"}]}], "ambiguous_key"),
        ([{"role": "assistant", "tool_calls": "f"}], "invalid_messages"),
        ([{"role": "assistant", "tool_calls": [{"id": "1"}]}], "invalid_messages"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(messages: object, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_messages(messages)
    assert refused.value.code == code
    assert "messages" in refused.value.message


def conversation(*turns: str) -> tuple[Message, ...]:
    """`u:hello` is a user's turn; s, d, a and t are system, developer, assistant and tool."""
    roles = {"u": "user", "s": "system", "d": "developer", "a": "assistant", "t": "tool"}
    return tuple(Message(roles[turn[0]], (turn[2:],)) for turn in turns)


@pytest.mark.parametrize(
    ("turns", "seen"),
    [
        (("u:1",), ("1",)),
        (("s:0", "u:1"), ("1",)),
        (("u:1", "u:2"), ("1", "2")),
        (("u:1", "a:2", "u:3"), ("3",)),
        (("u:1", "a:2", "u:3", "u:4"), ("3", "4")),
        (("u:1", "a:2", "t:3"), ("3",)),
        (("u:1", "a:2"), ("1", "2")),
        (("u:1", "a:2", "u:3", "a:4"), ("3", "4")),
        (("s:0",), ("0",)),
        (("u:1", "a:2", "s:3"), ("1", "2", "3")),
        (("u:1", "a:", "u:3"), ("1", "", "3")),
        (("u:1", "a: \n", "u:3"), ("1", " \n", "3")),
        (("u:1", "a:2", "u:3", "a:", "u:4", "a:", "u:5"), ("3", "", "4", "", "5")),
    ],
)
def test_the_view_is_what_no_answer_followed_yet(turns: tuple[str, ...], seen: tuple[str, ...]) -> None:
    assert tuple(message.text for message in view(conversation(*turns))) == seen


@pytest.mark.parametrize(
    ("turns", "before"),
    [
        (("s:0", "u:1"), ()),
        (("u:1", "a:2", "u:3"), ("1", "2")),
        (("s:0", "u:1", "a:2", "d:0", "u:3", "a:4"), ("1", "2")),
        (("u:1", "a:2", "s:3"), ()),
    ],
)
def test_the_history_is_what_came_before_the_view_and_is_not_trusted(
    turns: tuple[str, ...], before: tuple[str, ...]
) -> None:
    assert tuple(message.text for message in history(conversation(*turns))) == before


CALL = {"id": "1", "type": "function", "function": {"name": "run", "arguments": '{"code": "rm"}'}}
LOOP = [
    {"role": "user", "content": "clean up"},
    {"role": "assistant", "content": "of course", "tool_calls": [CALL, CALL]},
    {"role": "tool", "tool_call_id": "1", "content": "done"},
    {"role": "tool", "tool_call_id": "2", "content": "done too"},
]


def test_tool_calls_are_judged_with_their_results() -> None:
    calls, *results = view(read_messages(LOOP))
    assert (calls.role, calls.texts) == ("assistant", ("run", '{"code": "rm"}') * 2)
    assert [message.text for message in results] == ["done", "done too"]


def test_no_text_is_in_the_view_and_in_the_history() -> None:
    assert [message.text for message in history(read_messages(LOOP))] == ["clean up", "of course"]


@given(st.lists(st.tuples(st.sampled_from("usadt"), st.booleans()), min_size=1, max_size=8))
def test_the_view_and_the_history_are_all_that_is_not_trusted(turns: list[tuple[str, bool]]) -> None:
    roles = {"u": "user", "s": "system", "d": "developer", "a": "assistant", "t": "tool"}
    messages = tuple(
        Message(roles[role], (f"said {i}", f"called {i}") if calls else (f"said {i}",), int(calls))
        for i, (role, calls) in enumerate(turns)
    )
    judged, before = view(messages), history(messages)
    untrusted = [text for m in messages if m.role in ("user", "assistant", "tool") for text in m.texts]
    seen = [text for m in (*before, *judged) for text in m.texts]
    assert [text for text in seen if text in untrusted] == untrusted
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(("kind", "name"), MEDIA_PARTS.items())
def test_media_is_named_for_the_policy_and_what_is_said_beside_it_is_judged(kind: str, name: str) -> None:
    part = {"type": kind, kind: {"url": "data:x/y;base64,AAAA", "filename": "how to do it"}, "caption": "a picture"}
    (message,) = read_messages([{"role": "user", "content": [{"type": "text", "text": "look"}, part]}])
    assert message.texts == ("look", "how to do it", "a picture")
    assert message.unscanned == (Unscanned(name, "messages[0].content[1]", kind),)


@pytest.mark.parametrize("other", ["image_url", "input_audio", "text", "refusal", "Text"])
def test_media_of_two_kinds_in_one_part_is_refused(other: str) -> None:
    part = {"type": "file", "file": {"file_id": "f"}, other: "x"}
    with pytest.raises(BadRequest):
        read_messages([{"role": "user", "content": [part]}])
