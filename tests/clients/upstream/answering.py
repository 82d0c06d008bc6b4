"""Answers any client: with `Paris.`, or with a long text that an output rule stops, as the model's name says; as text,
as JSON, or as a call of the tool that is offered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.clients.upstream import chat, messages, responses
from tests.servers import EVENTS_HEAD, Received, chunk, response

SHORT = "Paris."
BEGUN = "The museum on the left bank has many rooms. "
WITHHELD = "bluebird"
"""The word that the output rule looks for."""
LONG = BEGUN * 8 + f"Its project is called {WITHHELD}. " + BEGUN * 2
PIECE = 48
PAUSE = 0.3
"""Seconds before the word is sent, in which the gateway releases what came before, as of a slow model."""


class Shape(NamedTuple):
    """How an API writes an answer: as one body, and as the events of a stream."""

    whole: Callable[[str, str, str | None], dict[str, Any]]
    events: Callable[[str, list[str], str | None], list[bytes]]


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "/v1/chat/completions": Shape(chat.whole, chat.events),
        "/v1/responses": Shape(responses.whole, responses.events),
        "/v1/messages": Shape(messages.whole, messages.events),
    }
)


async def answering(request: Received, writer: asyncio.StreamWriter) -> None:
    """The fake upstream's handler. Each piece of a stream is sent by itself."""
    if request.method == "GET":
        writer.write(response(b'{"object":"list","data":[]}'))
        return
    shape, body = SHAPES[request.target.partition("?")[0]], request.json
    text, tool = answer(body), offered(body)
    if not body.get("stream"):
        writer.write(response(json.dumps(shape.whole(body["model"], text, tool)).encode()))
        await writer.drain()
        return
    writer.write(EVENTS_HEAD)
    for event in shape.events(body["model"], pieces(text), tool):
        if WITHHELD.encode() in event:
            await asyncio.sleep(PAUSE)
        writer.write(chunk(event))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def answer(body: Mapping[str, Any]) -> str:
    text = LONG if body["model"].startswith("cut") else SHORT
    format_ = body.get("text", {}).get("format") or body.get("response_format") or {"type": "text"}
    return text if format_["type"] == "text" and offered(body) is None else json.dumps({"city": text})


def offered(body: Mapping[str, Any]) -> str | None:
    tools = body.get("tools") or [None]
    return None if tools[0] is None else str(tools[0]["function"]["name"])


def pieces(text: str) -> list[str]:
    """In none of which the word begins that is in the next."""
    before, word, after = text.partition(WITHHELD)
    return [part[at : at + PIECE] for part in (before, word + after) for at in range(0, len(part), PIECE)]
