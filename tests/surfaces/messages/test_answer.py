"""What a message of the upstream's says, whole or streamed, and how ours is written."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.messages.surface import Messages
from gateway.surfaces.surface import AnswerWriter, answer_texts
from gateway.types import Arrival

EMPTY: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
START = {"type": "message_start", "message": {**EMPTY, "usage": {"output_tokens": 1}}}
STOP = {"type": "message_stop"}


def delta(index: int, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": fields}


def begin(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def end(reason: str = "end_turn") -> dict[str, Any]:
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": 7},
    }


def texts(*events: dict[str, Any]) -> tuple[str, ...] | None:
    return answer_texts(Messages(), [orjson.dumps(event) for event in events])


def test_the_pieces_of_a_block_are_one_text() -> None:
    found = texts(
        START,
        begin(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="let me "),
        delta(0, type="thinking_delta", thinking="see"),
        delta(0, type="signature_delta", signature="c2ln"),
        begin(1, type="text", text=""),
        delta(1, type="text_delta", text="blue"),
        delta(1, type="text_delta", text="bird"),
        begin(2, type="tool_use", id="toolu_1", name="find", input={}),
        delta(2, type="input_json_delta", partial_json='{"q": "blue'),
        delta(2, type="input_json_delta", partial_json='bird"}'),
        end("tool_use"),
        STOP,
    )
    assert found == ("let me see", "bluebird", "find", '{"q": "bluebird"}')


def test_a_whole_message_says_the_same() -> None:
    content = [
        {"type": "thinking", "thinking": "let me see", "signature": "c2ln"},
        {"type": "text", "text": "bluebird", "citations": None},
        {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"q": "bluebird"}},
    ]
    body = {**EMPTY, "content": content, "stop_reason": "tool_use", "stop_sequence": None, "usage": {}}
    assert texts(body) == ("let me see", "bluebird", "find", '{"q":"bluebird"}')


@pytest.mark.parametrize(
    "event",
    [
        {"type": "a_kind_of_tomorrow", "note": "word"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "word"}},
        delta(0, type="a_delta_of_tomorrow", poem="word"),
        delta(0, type="text_delta", text="x", poem="word"),
        delta(0, type="citations_delta", citation={"cited_text": "word"}),
        begin(0, type="a_block_of_tomorrow", poem=["word"]),
        {**end(), "note": "word"},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "note": "word"}},
        {**START, "note": "word"},
        {"type": "message_start", "message": {**EMPTY, "container": {"id": "word"}}},
        {"type": "content_block_delta", "index": 0, "delta": "word"},
        {"type": "ping", "note": "word"},
    ],
)
def test_what_nobody_knows_is_read(event: dict[str, Any]) -> None:
    found = texts(START, event)
    assert found is not None
    assert any("word" in text for text in found)


@pytest.mark.parametrize("place", ["delta", "content_block", "message", "content", "title"])
@pytest.mark.parametrize("kind", ["message_start", "message_stop", "ping"])
def test_a_message_is_read_wherever_it_stands(kind: str, place: str) -> None:
    found = texts(START, {"type": kind, "message": {**EMPTY, place: "a word"}})
    assert found == ("a word",)


@pytest.mark.parametrize("index", [-1, True, 1.0, "0", [], 2**64 - 1])
def test_a_place_that_clients_take_in_several_ways_cannot_be_read(index: object) -> None:
    assert Messages().answer().feed(orjson.dumps({**delta(0, type="text_delta", text="x"), "index": index})) is None


def test_without_an_index_it_is_the_first_block() -> None:
    bare = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "mb"}}
    first = delta(0, type="text_delta", text="bo")
    assert texts(START, first, bare, {**bare, "index": None}) == ("bombmb",)


@pytest.mark.parametrize("data", [b"", b"[1]", b"not JSON", b'{"choices": []}', b'{"type": 3}', b"[DONE]"])
def test_what_is_no_message_cannot_be_read(data: bytes) -> None:
    assert answer_texts(Messages(), [data]) is None


def test_events_without_a_message_are_no_answer() -> None:
    assert texts({"type": "ping"}) is None


@given(st.lists(st.text(min_size=1), min_size=1, max_size=9), st.integers(0, 3))
def test_no_piece_is_lost_however_a_text_is_cut(pieces: list[str], index: int) -> None:
    events = [delta(index, type="text_delta", text=piece) for piece in pieces]
    assert texts(START, begin(index, type="text", text=""), *events) == ("".join(pieces),)


def test_one_that_is_finished_says_so() -> None:
    answer = Messages().answer()
    said = [answer.feed(orjson.dumps(event)) for event in (START, delta(0, type="text_delta", text="x"), end(), STOP)]
    assert [(one.finished, one.last) for one in said if one] == [
        ((), False),
        ((), False),
        (("0",), False),
        (("0",), True),
    ]


def test_tokens_are_the_upstreams_or_one_a_delta() -> None:
    surface = Messages()
    some = [orjson.dumps(event) for event in (START, delta(0, text="a"), delta(0, text="b"))]
    assert surface.tokens(some) == 2
    assert surface.tokens([*some, orjson.dumps(end())]) == 7
    assert surface.tokens([b"x" * 40]) == 10


def writer(**more: Any) -> AnswerWriter:
    raw = orjson.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]})
    return Messages().writer(Messages().read(raw, {}, Arrival("r")), created=0, **more)


def written(raw: bytes) -> list[dict[str, Any]]:
    """The events; each has its name twice, as Anthropic's clients want it."""
    found = []
    for block in raw.decode().removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        event = orjson.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


def kinds(raw: bytes) -> list[str]:
    return [event["type"].removeprefix("content_").removeprefix("message_") for event in written(raw)]


def test_an_answer_from_its_opening() -> None:
    one = writer(moderation={"input": {}})
    raw = one.opening() + one.delta("No") + one.delta(".") + one.closing("stop")
    assert kinds(raw) == ["start", "block_start", "block_delta", "block_delta", "block_stop", "delta", "stop"]
    events = written(raw)
    assert events[0]["message"]["moderation"] == {"input": {}}
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], ["start", "block_start", "block_delta", "block_stop", "delta", "stop"]),
        ([START], ["block_start", "block_delta", "block_stop", "delta", "stop"]),
        ([START, begin(0, type="text", text="")], ["block_delta", "block_stop", "delta", "stop"]),
        (
            [START, begin(0, type="tool_use", id="t", name="f", input={})],
            ["block_start", "block_delta", "block_stop", "delta", "stop"],
        ),
        (
            [START, begin(0, type="thinking", thinking="")],
            ["block_stop", "block_start", "block_delta", "block_stop", "delta", "stop"],
        ),
        (
            [START, begin(0, type="text", text=""), {"type": "content_block_stop", "index": 0}],
            ["block_start", "block_delta", "block_stop", "delta", "stop"],
        ),
    ],
)
def test_behind_an_upstreams_events_it_goes_on(seen: list[dict[str, Any]], expected: list[str]) -> None:
    one = writer()
    for event in seen:
        one.follow(orjson.dumps(event))
    raw = one.delta("No.") + one.closing("content_filter")
    assert kinds(raw) == expected
    events = written(raw)
    assert events[-2]["delta"]["stop_reason"] == "refusal"
    spoken = next(event for event in events if event["type"] == "content_block_delta")
    stopped = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert spoken["index"] == stopped[-1]


def test_a_new_block_has_the_next_index_and_a_message_that_ended_is_not_ended_twice() -> None:
    one = writer()
    for event in (START, begin(0, type="thinking", thinking=""), end()):
        one.follow(orjson.dumps(event))
    assert kinds(one.closing("content_filter")) == ["block_stop", "stop"]
    one.follow(b"not JSON")
    one.follow(b"[1]")
    other = writer()
    other.follow(orjson.dumps(begin(0, type="thinking", thinking="")))
    assert [event.get("index") for event in written(other.delta("No."))] == [None, 0, 1, 1]


def test_a_call_that_has_no_end_gets_none_since_a_client_would_make_it() -> None:
    """Without arguments so far, some clients take it for a call that has none."""
    one = writer()
    for event in (START, begin(0, type="tool_use", id="t", name="delete", input={})):
        one.follow(orjson.dumps(event))
    stopped = [
        e["index"] for e in written(one.delta("No.") + one.closing("content_filter")) if "block_stop" in e["type"]
    ]
    assert stopped == [1]


def test_behind_the_end_nothing_is_said() -> None:
    one = writer()
    for event in (START, begin(0, type="text", text=""), {"type": "content_block_stop", "index": 0}, end()):
        one.follow(orjson.dumps(event))
    assert one.delta("No.") == b""
    one.follow(orjson.dumps(STOP))
    assert one.delta("No.") + one.closing("content_filter") == b""


@pytest.mark.parametrize(("reason", "expected"), [("stop", "end_turn"), ("content_filter", "refusal")])
def test_a_whole_answer(reason: str, expected: str) -> None:
    query = Messages().read(
        orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}]}), {}, Arrival("r")
    )
    body = orjson.loads(Messages().completion(query, "No.", reason, created=0, moderation={"input": {}}))
    assert body["content"] == [{"type": "text", "text": "No."}]
    assert (body["type"], body["id"], body["stop_reason"]) == ("message", "msg_r", expected)
    assert (body["usage"], body["moderation"]) == ({"input_tokens": 0, "output_tokens": 0}, {"input": {}})
