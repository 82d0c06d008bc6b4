"""Streamed responses that are released in windows: what is judged gets out as it came, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.output.held import Held
from gateway.policy.release import Release
from gateway.surfaces.responses.surface import Responses
from gateway.upstream.sse import Event
from tests.flow.policies import under
from tests.output.talking import BLOCK, LEAD, Listener, Talking, talking
from tests.policy.sets import query
from tests.servers import HARMFUL, Received, Stack, response
from tests.surfaces.responses.spoken import HEAD, Spoken, raw

STORY = f"{LEAD}and then {HARMFUL} comes, with more words after it to the end."
Making = Callable[[Spoken, str], Iterator[dict[str, Any]]]


@asynccontextmanager
async def listening(running: Stack) -> AsyncIterator[Listener]:
    body = {"model": "m", "input": "hello", "stream": True}
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("POST", f"{running.url}/v1/responses", json=body) as answer,
    ):
        yield Listener(answer, answer.aiter_raw())


def deltas(kind: str, **at: int) -> Making:
    """A text that comes in this kind of delta, and in nothing else."""

    def making(one: Spoken, text: str) -> Iterator[dict[str, Any]]:
        for start in range(0, len(text), one.size):
            yield one.event(f"{kind}.delta", output_index=0, delta=text[start : start + one.size], **at)

    return making


FIELDS: dict[str, Making] = {
    "message": lambda one, text: one.message(text),
    "refusal": lambda one, text: one.message(text, kind="refusal"),
    "reasoning": lambda one, text: one.reasoning(text),
    "call": lambda one, text: one.call(text),
    "code": deltas("code_interpreter_call_code"),
    "custom tool": deltas("custom_tool_call_input"),
    "transcript": deltas("audio.transcript"),
    "mcp": deltas("mcp_call_arguments"),
    "reasoning text": deltas("reasoning_text", content_index=0),
    "of tomorrow": deltas("event_of_tomorrow"),
}


@pytest.mark.parametrize("size", [3, 50])
@pytest.mark.parametrize("field", FIELDS)
async def test_no_sign_of_a_harmful_window_gets_out_whatever_it_is_in(tmp_path: Path, field: str, size: int) -> None:
    one = Spoken(size)
    events = [raw(event) for event in (*one.begun(), *FIELDS[field](one, STORY), *one.ended())]
    upstream = Talking(events[: 500 // size], events[500 // size :])
    async with under(tmp_path, BLOCK, upstream) as given, listening(given) as client:
        client.got += await anext(client.pieces)
        upstream.go.set()
        got = await client.rest()
    assert client.answer.headers["x-guardian-action"] == "forward"
    assert b"HARM" not in got
    assert b"ARMFUL" not in got
    assert len(got) > 500
    assert json.loads(got.splitlines()[-2][6:])["type"] == "response.incomplete"


@pytest.mark.parametrize("kind", ["output_text.done", "content_part.done", "output_item.done", "completed"])
async def test_a_whole_that_says_more_than_its_pieces_is_judged_before_it_is_out(tmp_path: Path, kind: str) -> None:
    events = Spoken(20).all(LEAD)
    at = next(i for i, event in enumerate(events) if event["type"] == f"response.{kind}")
    changed = json.loads(json.dumps(events[at]).replace(LEAD, f"{LEAD}{HARMFUL}"))
    pieces = [raw(event) for event in (*events[:at], changed, *events[at + 1 :])]
    upstream = Talking(pieces[:at], pieces[at:])
    async with under(tmp_path, BLOCK, upstream) as given, listening(given) as client:
        client.got += await anext(client.pieces)
        upstream.go.set()
        got = await client.rest()
    assert HARMFUL.encode() not in got
    assert b'"reason":"content_filter"' in got


async def test_a_safe_stream_arrives_byte_for_byte(tmp_path: Path) -> None:
    one = Spoken(5)
    events = [*one.begun(), *one.reasoning(LEAD), *one.call('{"a": 1}', 1), *one.message(LEAD, 2), *one.ended()]
    stream = [raw(event) for event in events]
    async with under(tmp_path, BLOCK, talking(*stream)) as given, listening(given) as client:
        assert await client.rest() == b"".join(stream)
        assert client.answer.headers["x-guardian-scanned"] == "output"


@pytest.mark.parametrize("text", ["Paris.", f"well, {HARMFUL}"])
async def test_a_whole_answer_is_judged(tmp_path: Path, text: str) -> None:
    body = json.dumps({**HEAD, "output": Spoken().all(text)[-1]["response"]["output"]}).encode()

    async def handler(request: Received, writer: Any) -> None:
        writer.write(response(body))

    async with under(tmp_path, BLOCK, handler) as given, httpx.AsyncClient() as client:
        answer = await client.post(f"{given.url}/v1/responses", json={"model": "m", "input": "hello"})
    assert (answer.content == body) == (HARMFUL not in text)
    assert answer.status_code == (400 if HARMFUL in text else 200)


async def test_an_answer_of_another_api_is_not_released(tmp_path: Path) -> None:
    chat = b'data: {"choices": [{"index": 0, "delta": {"content": "hi"}}]}\n\n'
    async with under(tmp_path, BLOCK, talking(chat)) as given, listening(given) as client:
        assert (client.answer.status_code, b"hi" in await client.rest()) == (503, False)


words = st.sampled_from(("a ", "blue bird ", "x" * 20, "한글 ", "and so on. "))
texts = st.lists(words, min_size=1, max_size=12).map("".join)
makers = st.sampled_from(("message", "reasoning", "call"))


@given(st.lists(st.tuples(makers, texts, texts), min_size=1, max_size=3), st.integers(1, 30), st.integers(1, 6))
def test_whatever_is_out_was_in_a_window_and_all_of_it_goes_in_the_end(
    parts: list[tuple[str, str, str]], size: int, every: int
) -> None:
    one, given = Spoken(size), Held(Responses().answer(), Responses().writer(query(), created=0), Release("windows"))
    events = list(one.begun())
    for i, (kind, text, other) in enumerate(parts):
        made = list(getattr(one, kind)(text, i))
        made[-1] = json.loads(json.dumps(made[-1]).replace(text, other, 1))
        events += made
    events += one.ended()
    judged: set[str] = set()
    got = b""
    for at, event in enumerate(events):
        data = json.dumps(event).encode()
        given.add(Event(b"data: " + data + b"\n\n", data), 0.0)
        if at % every == 0:
            window = given.window()
            judged |= set(window.texts.values())
            given.judged(window)
        got += given.ready()
        assert_judged(got, judged)
    given.end()
    given.judged(given.window())
    assert got + given.ready() == b"".join(raw_of(event) for event in events)


def raw_of(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def assert_judged(got: bytes, judged: set[str]) -> None:
    """Each text that came in pieces is the beginning of one that was judged; each that came whole was judged whole."""
    streams: dict[int, str] = {}
    for line in got.splitlines():
        event = json.loads(line[6:]) if line else {}
        if "delta" in event:
            streams[event["output_index"]] = streams.get(event["output_index"], "") + event["delta"]
        item = event.get("item", {}) if event.get("type") == "response.output_item.done" else {}
        wholes = [part["text"] for part in (*item.get("content", ()), *item.get("summary", ()))]
        assert all(text in judged for text in (*wholes, item.get("arguments", "")) if text)
    assert all(any(text.startswith(said) for text in judged) for said in streams.values())
