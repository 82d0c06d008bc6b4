"""Every word of a response is read once, and nothing that differs from what was read is taken for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.responses.surface import Responses
from gateway.surfaces.surface import STREAMED, answer_texts
from tests.surfaces.responses.spoken import HEAD, Spoken

words = st.text(min_size=1, max_size=30)


def read(*events: dict[str, Any]) -> tuple[str, ...] | None:
    return answer_texts(Responses(), [json.dumps(event).encode() for event in events])


@given(words, st.integers(1, 5), st.sampled_from(("output_text", "refusal")))
def test_a_stream_says_each_text_once_though_it_repeats_it(text: str, size: int, kind: str) -> None:
    assert read(*Spoken(size).all(text, kind)) == (text,)


@given(words, words, words)
def test_reasoning_calls_and_messages_are_told_apart(thought: str, arguments: str, text: str) -> None:
    one = Spoken(3)
    events = [*one.begun(), *one.reasoning(thought), *one.call(arguments, 1), *one.message(text, 2), *one.ended()]
    found = read(*events)
    assert found is not None
    assert {thought, arguments, text, "find"} == set(found)


def test_an_item_is_known_by_its_place_since_some_servers_name_it_anew_in_every_event() -> None:
    at = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0}
    assert read(*({**at, "item_id": f"msg_{i}", "delta": piece} for i, piece in enumerate(("bo", "mb")))) == ("bomb",)


@pytest.mark.parametrize("name", ["output_index", "content_index", "summary_index"])
@pytest.mark.parametrize("index", [-1, True, 0.0, "0", [], 2**64 - 1])
def test_a_place_that_clients_take_in_several_ways_cannot_be_read(name: str, index: object) -> None:
    event = {"type": "response.output_text.delta", "output_index": 0, "delta": "x", name: index}
    assert Responses().answer().feed(json.dumps(event).encode()) is None


def test_without_an_index_it_is_the_first_part() -> None:
    at = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0}
    bare = {"type": at["type"], "delta": "mb"}
    assert read({**at, "delta": "bo"}, bare, {**bare, "output_index": None, "content_index": None}) == ("bombmb",)


def test_a_body_is_read_as_its_stream_is() -> None:
    assert read({**HEAD, "output": Spoken(3).all("Paris.")[-1]["response"]["output"]}) == ("Paris.",)


def differing(kind: str) -> list[dict[str, Any]]:
    """A stream in which one event says another text than its pieces did."""
    events: list[dict[str, Any]] = json.loads(json.dumps(Spoken().all("It is fine.")))
    at = next(i for i, event in enumerate(events) if event["type"] == kind)
    events[at] = json.loads(json.dumps(events[at]).replace("It is fine.", "It is hidden."))
    return events


@pytest.mark.parametrize("kind", ["output_text.done", "content_part.done", "output_item.done", "completed"])
def test_a_whole_that_differs_from_its_pieces_is_read_when_it_comes(kind: str) -> None:
    answer = Responses().answer()
    for event in differing(f"response.{kind}"):
        added = answer.feed(json.dumps(event).encode())
        assert added is not None
        assert any("hidden" in text for _, text in added.pieces) == (event["type"] == f"response.{kind}")


EVENTS: list[dict[str, Any]] = [
    {"type": "response.output_text.delta", "delta": "word"},
    {"type": "response.reasoning_text.delta", "delta": "word"},
    {"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": "word"},
    {"type": "response.custom_tool_call_input.delta", "delta": "word"},
    {"type": "response.code_interpreter_call_code.delta", "delta": "word"},
    {"type": "response.mcp_call_arguments.delta", "delta": "word"},
    {"type": "response.audio.transcript.delta", "delta": "word"},
    {"type": "response.shell_call_command.delta", "command_index": 0, "delta": "word"},
    {"type": "response.shell_call_output_content.delta", "delta": {"stdout": "word"}},
    {"type": "response.event_of_tomorrow", "deep": [{"field": "word"}]},
    {"type": "response.output_text.annotation.added", "annotation": {"type": "url_citation", "title": "word"}},
    {"type": "response.output_item.added", "item": {"type": "function_call", "name": "word", "arguments": ""}},
    {"type": "response.output_item.done", "item": {"type": "mcp_call", "output": "word"}},
    {"type": "response.output_item.done", "item": {"type": "tool_search_call", "arguments": {"word": 1}}},
    {"type": "response.output_item.done", "item": {"type": "item_of_tomorrow", "deep": ["word"]}},
    {"type": "response.output_item.added", "item": {"type": "message", "id": "word word"}},
    {"type": "response.completed", "response": {"output": [], "error": {"message": "word"}}},
    {"type": "response.completed", "response": {"output": [], "field_of_tomorrow": "word word"}},
    {"type": "response.audio.delta", "delta": "word word"},
    {"type": "error", "message": "word"},
    {"type": "word word"},
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event["type"]))
def test_words_are_found_in_any_event(event: dict[str, Any]) -> None:
    found = read({**event, "sequence_number": 1, "output_index": 0, "item_id": "msg_1"})
    assert found is not None
    assert any("word" in text for text in found)


def test_what_the_caller_sent_is_not_read_as_an_answer() -> None:
    echo = {"instructions": "a long word", "metadata": {"a": "b c"}, "tools": [{"name": "d", "description": "e f"}]}
    assert read({"type": "response.created", "response": {**HEAD, **echo}}) == ()


def test_bytes_are_no_text() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA" * 100}
    sound = {"type": "response.audio.delta", "delta": "UklGRg=="}
    assert read({"type": "response.output_item.done", "output_index": 0, "item": item}, sound) == ()


@pytest.mark.parametrize("data", [b"{", b"[]", b"1", b'{"choices": []}', b"{}"])
def test_what_is_no_response_cannot_be_read(data: bytes) -> None:
    assert Responses().answer().feed(data) is None


def logprobs(text: str) -> list[dict[str, Any]]:
    return [{"token": text, "logprob": -0.1, "bytes": [], "top_logprobs": []}]


def test_tokens_ahead_of_their_text_are_told() -> None:
    answer = Responses().answer()
    at = {"type": "response.output_text.delta", "output_index": 2, "content_index": 0, "item_id": "m"}
    quiet = answer.feed(json.dumps({**at, "delta": "word", "logprobs": logprobs("word")}).encode())
    ahead = answer.feed(json.dumps({**at, "delta": "", "logprobs": logprobs("blue")}).encode())
    part = {"type": "output_text", "text": "word", "logprobs": logprobs("blue bird " * 10)}
    whole = answer.feed(json.dumps({**at, "type": "response.content_part.done", "part": part}).encode())
    assert [one.ahead for one in (quiet, ahead, whole) if one is not None] == [(), ("2",), ("2",)]


def test_an_item_that_is_done_is_a_finished_choice_and_the_end_is_told() -> None:
    answer, finished, last = Responses().answer(), [], []
    for event in Spoken().all("Paris."):
        added = answer.feed(json.dumps(event).encode())
        assert added is not None
        finished += [(event["type"], name) for name in added.finished]
        last += [event["type"]] * added.last
    assert finished == [("response.output_item.done", "0")]
    assert last == ["response.completed"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from([str(event["type"]) for event in EVENTS])
names = st.sampled_from(("delta", "text", "item", "part", "refusal", "annotation", "message", "poem", "code"))
steps = st.tuples(kinds, names, json_values, st.integers(0, 2))


def prose(value: object) -> list[str]:
    """Every text of a value that no id looks like, an object's names too."""
    if isinstance(value, str):
        return [value] if " " in value else []
    if isinstance(value, dict):
        return [*(key for key in value if " " in key), *(text for inner in value.values() for text in prose(inner))]
    return [text for inner in value for text in prose(inner)] if isinstance(value, list) else []


@given(st.lists(steps, min_size=1, max_size=6))
def test_after_any_event_all_its_texts_are_there(steps: list[tuple[str, str, Any, int]]) -> None:
    answer = Responses().answer()
    before: dict[tuple[str, ...], str] = {}
    for kind, name, value, index in steps:
        event = {"type": kind, name: value, "output_index": index}
        added = answer.feed(json.dumps(event).encode())
        assert added is not None
        texts = answer.texts
        assert all(texts[spot].startswith(text) for spot, text in before.items())
        grown = "".join(texts[spot][len(before.get(spot, "")) :] for spot in texts if spot[0] == STREAMED)
        assert all(text in "\n".join(texts.values()) or text in grown for text in prose(value))
        before = texts
