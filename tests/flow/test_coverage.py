"""Contract 4, cell by cell: a request for each cell of the table, and what the guardian and the upstream got of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.surfaces.coverage import Cell, coverage
from tests.servers import stack

SEEN = "A-MARKED-TEXT"
CHAT = "/v1/chat/completions"


def user(content: object = "hello") -> dict[str, Any]:
    return {"role": "user", "content": content}


def calling(call: dict[str, Any]) -> list[dict[str, Any]]:
    return [user(), {"role": "assistant", "content": None, **call}]


def tool_call(name: str, arguments: object) -> dict[str, Any]:
    return {"tool_calls": [{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}]}


def media(kind: str) -> list[dict[str, Any]]:
    return [user([{"type": "text", "text": "look"}, {"type": kind, kind: {"url": SEEN}}])]


def texts(kind: str) -> list[dict[str, Any]]:
    return [user([{"type": kind, "refusal" if kind == "refusal" else "text": SEEN}])]


ANSWERED = [user(SEEN), {"role": "assistant", "content": "ok"}, user()]


def messages_of(place: str) -> list[dict[str, Any]]:
    """A conversation with the mark in that place."""
    kind = place.rpartition(" ")[2]
    match place.split():
        case ["content", "of", "role", "system" | "developer"]:
            return [{"role": kind, "content": SEEN}, user()]
        case ["content", "of", "role", _]:
            return [{"role": kind, "content": SEEN, "tool_call_id": "1"}]
        case ["part", _]:
            return texts(kind) if kind in ("text", "refusal", "input_text", "output_text") else media(kind)
    return {
        "name": [{**user(), "name": SEEN}],
        "prefilled assistant turn": [user(), {"role": "assistant", "content": SEEN}],
        "tool call name": calling(tool_call(SEEN, "{}")),
        "tool call arguments": calling(tool_call("f", SEEN)),
        "function call": calling({"function_call": {"name": "f", "arguments": SEEN}}),
        "tool call arguments that are an object": calling(tool_call("f", {"q": [SEEN]})),
        "any other field of a message, a text part or a tool call": [{**user(), "details": [{"text": SEEN}]}],
        "text part that holds media": [user([{"type": "text", "text": "look", "image_url": {"url": SEEN}}])],
        "`cache_control` and `extra_content` of a message": [{**user(), "extra_content": {"signature": SEEN}}],
        "id of a tool call that looks like one": [{"role": "tool", "tool_call_id": SEEN, "content": "42"}],
        "unknown part": [user([{"type": "poem", "poem": SEEN}])],
        "unknown role": [{"role": "oracle", "content": SEEN}],
        "tool call before its result": [*calling(tool_call("f", SEEN)), {"role": "tool", "content": "done"}],
        "turns before the last answered one, under `view: turn`": ANSWERED,
        "turns before the last answered one, under `view: conversation`": ANSWERED,
    }.get(place, [user()])


def extra(place: str) -> dict[str, Any]:
    return {
        "tool definition": {"tools": [{"type": "function", "function": {"name": SEEN}}]},
        "prediction": {"prediction": {"type": "content", "content": SEEN}},
        "response format": {"response_format": {"type": "json_schema", "json_schema": {"name": SEEN}}},
        "any other field of the body": {"chat_template_kwargs": {"note": SEEN}},
        "documents": {"documents": [{"title": "a", "text": SEEN}]},
        "field that differs from a known one in its case only": {"Messages": [user(SEEN)]},
    }.get(place, {})


def cells(surface: str) -> list[Any]:
    return [
        pytest.param(c, id=f"{c.place}-{c.state}") for c in coverage() if (c.surface, c.direction) == (surface, "input")
    ]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("cell", cells("chat"))
async def test_a_cell_is_what_the_table_says(cell: Cell, *, stream: bool) -> None:
    asked = {"model": "m", "stream": stream, "messages": messages_of(cell.place), **extra(cell.place)}
    seeing = "conversation" if "view: conversation" in cell.place else "turn"
    async with stack(guardian_settings={"view": seeing}) as running, httpx.AsyncClient() as client:
        answer = await client.post(running.url + CHAT, json=asked)
        judged = any(SEEN in r.body.decode() for r in running.guardian.received)
        forwarded = any(SEEN in r.body.decode() for r in running.upstream.received)
    expected = {"judged": (True, True), "refused": (False, False)}.get(cell.state, (False, True))
    assert (judged, forwarded) == expected
    assert (answer.status_code == 400) == (cell.state == "refused")


async def test_the_table_is_served_and_has_every_cell_once() -> None:
    async with stack() as running, httpx.AsyncClient() as client:
        served = (await client.get(f"{running.url}/coverage")).json()
    places = [(c["surface"], c["direction"], c["place"]) for c in served]
    assert len(places) == len(set(places)) == len(coverage())
