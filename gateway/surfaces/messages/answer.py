"""What a message of the upstream's says: a whole one, or put together from the events of a stream.

All its blocks are one choice: they come one after the other, and a word may go on from one to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.surfaces.answer_json import answer_object, count_in
from gateway.surfaces.members import text_of
from gateway.surfaces.messages.blocks import silent
from gateway.surfaces.surface import STREAMED, Added, Spot

CHOICE = "0"
QUIET = frozenset({"role", "model", "usage", "stop_reason", "stop_sequence", "index"})
"""Members of an event or a message that hold no words of the model. The stop sequence is the caller's own."""
APART = frozenset({"message", "content", "content_block", "delta"})
"""Members of an event that are read by themselves."""
DELTAS = {"text_delta": "text", "input_json_delta": "partial_json", "thinking_delta": "thinking"}
Piece = tuple[Spot, str]


class MessagesAnswer:
    """The texts of a message. `feed` takes a body, or the data of one event, and gives None when it cannot be read."""

    def __init__(self) -> None:
        self.pieces: dict[Spot, list[str]] = {}
        self.read = False

    def feed(self, data: bytes) -> Added | None:
        event = answer_object(data)
        if event is None or not isinstance(event.get("type"), str) or not has_place(event):
            return None
        found = [(spot, text) for spot, text in pieces(event) if text]
        for spot, text in found:
            self.pieces.setdefault(spot, []).append(text)
        kind = event["type"]
        self.read = self.read or kind in ("message", "message_start")
        ended = kind in ("message", "message_stop", "error")
        return Added(tuple(found), (CHOICE,) if ended or kind == "message_delta" else (), last=ended)

    @property
    def texts(self) -> dict[Spot, str]:
        for found in self.pieces.values():
            found[:] = ["".join(found)]
        return {spot: found[0] for spot, found in self.pieces.items()}


def has_place(event: Mapping[str, Any]) -> bool:
    """Some clients count an index below nought from the end: what goes there would be put together otherwise."""
    index = event.get("index")
    return index is None or count_in(index) is not None


def pieces(event: Mapping[str, Any]) -> Iterator[Piece]:
    """What one event says. Of one that nobody knows, everything."""
    message = event.get("message")
    if isinstance(message, dict):
        yield from content_pieces(message.get("content"))
        yield from beside(message, {"content"})
    else:
        yield ("", "message"), text_of(message)
    yield from content_pieces(event.get("content"))
    yield from beside(event, APART)
    index = str(event.get("index") or 0)
    yield from block_pieces(event.get("content_block"), index)
    if event["type"] == "content_block_delta":
        yield from delta_pieces(event.get("delta"), index)
    else:
        yield from block_pieces(event.get("delta"), f"delta {index}")


def content_pieces(content: object) -> Iterator[Piece]:
    if isinstance(content, list):
        for i, block in enumerate(content):
            yield from block_pieces(block, str(i))
    else:
        yield (STREAMED, CHOICE, "content"), text_of(content)


def block_pieces(block: object, index: str) -> Iterator[Piece]:
    if not isinstance(block, dict):
        yield (STREAMED, CHOICE, index), text_of(block)
        return
    for key, value in block.items():
        if key not in ("stop_reason", "stop_sequence") and not silent(key, value):
            yield (STREAMED, CHOICE, index, key), text_of(value)


def delta_pieces(delta: object, index: str) -> Iterator[Piece]:
    """A delta of a known type goes on with its field of the block; every other member stands by itself."""
    fields = delta if isinstance(delta, dict) else {"delta": delta}
    known = DELTAS.get(str(fields.get("type")))
    for key, value in fields.items():
        if silent(key, value):
            continue
        name = "input" if key == "partial_json" else key
        yield (STREAMED, CHOICE, index, name if key == known else f"delta {key}"), text_of(value)


def beside(item: Mapping[str, Any], apart: Collection[str]) -> Iterator[Piece]:
    """What stands beside the content, such as an error's message."""
    for key, value in item.items():
        if key not in QUIET and key not in apart and not silent(key, value):
            yield ("", key), text_of(value)
