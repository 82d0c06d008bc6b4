"""Every word of an answer is read, however it is cut and wherever it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.chat import Chat
from gateway.surfaces.surface import answer_texts


def event(index: int | None, **delta: Any) -> bytes:
    return json.dumps({"choices": [{"index": index, "delta": delta}]}).encode()


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=8), st.integers(1, 3))
def test_pieces_of_each_choice_are_put_together(pieces: list[str], choices: int) -> None:
    events = [event(i, content=piece) for piece in pieces for i in range(choices)]
    assert answer_texts(Chat(), [*events, b"[DONE]"]) == ("".join(pieces),) * choices


@pytest.mark.parametrize(
    "message",
    [
        {"content": "word"},
        {"content": [{"type": "text", "text": "word"}]},
        {"refusal": "word"},
        {"reasoning_content": "word"},
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "word", "arguments": ""}}]},
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "", "arguments": "word"}}]},
        {"function_call": {"name": "", "arguments": "word"}},
        {"audio": {"transcript": "word"}},
        {"a_field_of_tomorrow": {"deep": ["word"]}},
        {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"type": "word"}}}]},
        {"tool_calls": [{"id": "word" * 20, "function": {"name": "f"}}]},
        {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"word": 1}}}]},
    ],
)
def test_words_are_found_in_any_field(message: dict[str, Any]) -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}
    found = answer_texts(Chat(), [json.dumps(body).encode()])
    assert found is not None
    assert any(text.startswith("word") for text in found)
    assert "assistant" not in found


def test_tool_calls_of_a_stream_are_told_apart_by_their_index() -> None:
    def call(i: int, text: str) -> bytes:
        return event(0, tool_calls=[{"index": i, "function": {"arguments": text}}])

    assert answer_texts(Chat(), [call(0, "blue"), call(1, "x"), call(0, "bird")]) == ("bluebird", "x")


def test_words_are_found_where_none_should_be() -> None:
    body = {"choices": [{"index": 0, "stop_reason": "a stop word", "finish_reason": "word for word"}]}
    assert answer_texts(Chat(), [json.dumps(body).encode()]) == ("word for word",)


def test_words_are_found_beside_the_choices() -> None:
    body = b'{"object": "chat.completion", "choices": [], "search_results": [{"title": "word"}], "provider": "p"}'
    assert answer_texts(Chat(), [body, body]) == ("title", "word", "p")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"choices": 1}', b'{"object": "x"}', b"\x1f\x8b"])
def test_what_cannot_be_read_is_none(body: bytes) -> None:
    assert answer_texts(Chat(), [body]) is None


@pytest.mark.parametrize("index", [-1, True, 0.0, "0", "a text in words", [], 2**64 - 1])
def test_a_place_that_clients_take_in_several_ways_cannot_be_read(index: Any) -> None:
    assert Chat().answer().feed(event(index, content="x")) is None
    call = {"index": index, "function": {"arguments": "x"}}
    assert Chat().answer().feed(event(0, tool_calls=[call])) is None


def test_without_an_index_a_place_is_the_one_in_its_list() -> None:
    events = [event(0, content="bo"), event(None, content="mb")]
    assert answer_texts(Chat(), events) == ("bomb",)
