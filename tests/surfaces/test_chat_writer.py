"""A streamed chat completion of ours: from its opening, or behind what an upstream has said already."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from gateway.surfaces.chat import Chat
from gateway.surfaces.surface import AnswerWriter
from gateway.types import Arrival

OURS = {"id": "chatcmpl-r", "created": 7, "model": "m"}
THEIRS = {"id": "theirs", "created": 3, "model": "theirs-1"}


def writer(**more: Any) -> AnswerWriter:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}], **more}
    return Chat().writer(Chat().read(orjson.dumps(body), {}, Arrival("r")), created=7)


def chunks(raw: bytes) -> list[Any]:
    return [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: {")]


def heads(found: list[Any]) -> list[Any]:
    return [{key: one[key] for key in OURS} for one in found]


def theirs(index: int, finish_reason: str | None, **delta: str) -> bytes:
    return orjson.dumps({**THEIRS, "choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}]})


def test_every_choice_is_opened_spoken_and_closed() -> None:
    one = writer(n=3)
    raw = one.opening() + one.delta("No.") + one.closing("stop")
    found = chunks(raw)
    assert heads(found) == [OURS] * 3
    assert [[choice["index"] for choice in chunk["choices"]] for chunk in found] == [[0, 1, 2]] * 3
    assert [choice["delta"] for choice in found[1]["choices"]] == [{"content": "No."}] * 3
    assert [choice["finish_reason"] for choice in found[2]["choices"]] == ["stop"] * 3
    assert raw.endswith(b"data: [DONE]\n\n")


def test_the_usage_that_was_asked_for_comes_last_and_bills_nothing() -> None:
    last = chunks(writer(stream_options={"include_usage": True}).closing("stop"))[-1]
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 0)


@pytest.mark.parametrize(
    "wanted",
    [
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_object"}},
        {"tool_choice": "required"},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    ],
)
def test_a_caller_that_takes_no_text_reads_it_in_refusal(wanted: dict[str, Any]) -> None:
    one = writer(**wanted)
    first, spoken = chunks(one.opening() + one.delta("No."))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": None, "refusal": ""}
    assert spoken["choices"][0]["delta"] == {"refusal": "No."}


def test_behind_an_upstreams_chunks_it_is_the_same_answer() -> None:
    one = writer()
    one.follow(theirs(0, None, content="It is"))
    one.follow(orjson.dumps({"id": "another", "choices": []}))
    assert heads(chunks(one.delta(" gone.") + one.closing("content_filter"))) == [THEIRS] * 2


def test_a_choice_that_has_ended_is_not_spoken_for() -> None:
    one = writer(n=2)
    one.follow(theirs(0, None, content="done"))
    one.follow(theirs(0, "stop"))
    one.follow(theirs(1, None, content="and"))
    last = chunks(one.closing("content_filter"))[-1]
    assert [(choice["index"], choice["finish_reason"]) for choice in last["choices"]] == [(1, "content_filter")]


@pytest.mark.parametrize("data", [b"not JSON", b"[1]", b'{"choices": 3}', b"[DONE]", b'{"choices": ["finish"]}'])
def test_what_cannot_be_read_changes_nothing(data: bytes) -> None:
    one = writer()
    one.follow(data)
    assert [choice["finish_reason"] for choice in chunks(one.closing("stop"))[-1]["choices"]] == ["stop"]


def test_where_all_choices_have_ended_no_chunk_is_without_one() -> None:
    one = writer()
    one.follow(theirs(0, "stop"))
    assert one.delta("No.") + one.closing("content_filter") == b"data: [DONE]\n\n"
