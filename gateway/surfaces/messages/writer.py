"""Writes a streamed message: from its start, or behind what the client has of an upstream's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from gateway.surfaces.answer_json import answer_object, count_in
from gateway.surfaces.messages.blocks import CALLS
from gateway.surfaces.surface import Annotation
from gateway.types import Query

STOP_REASONS: Mapping[str, str] = MappingProxyType({"stop": "end_turn", "content_filter": "refusal"})


def message(query: Query, text: str | None, stop_reason: str | None) -> dict[str, Any]:
    """A whole message, or the beginning of one. The upstream was not asked: nothing is to be billed."""
    return {
        "id": f"msg_{query.request_id}",
        "type": "message",
        "role": "assistant",
        "model": query.model,
        "content": [] if text is None else [{"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }


class MessagesWriter:
    """The events of one message. It speaks in a block of text: the one that is open, or a new one. A call that is open
    gets no end: nobody is to act on a half of it.
    """

    def __init__(self, query: Query, moderation: Annotation) -> None:
        self.query = query
        self.moderation = moderation
        self.started = self.ended = self.stopped = False
        self.next_index = 0
        self.open: int | None = None
        self.speaking = False
        self.output_tokens = 0

    def follow(self, data: bytes) -> None:
        event = answer_object(data)
        if event is None:
            return
        match event.get("type"):
            case "message_start":
                self.started = True
            case "content_block_start":
                self.begun(event)
            case "content_block_stop":
                self.open, self.speaking = None, False
            case "message_delta":
                self.ended = True
            case "message_stop":
                self.stopped = True
        self.count(event.get("usage"))

    def begun(self, event: Mapping[str, Any]) -> None:
        index, block = event.get("index"), event.get("content_block")
        found = count_in(index)
        self.open = self.next_index if found is None else found
        self.next_index = self.open + 1
        kind = str(block.get("type")) if isinstance(block, dict) else ""
        self.speaking = kind == "text"
        if kind in CALLS:
            self.open = None

    def count(self, usage: object) -> None:
        said = usage.get("output_tokens") if isinstance(usage, dict) else None
        self.output_tokens = count_in(said) or self.output_tokens

    def opening(self) -> bytes:
        return self.start() + self.block()

    def delta(self, text: str) -> bytes:
        if self.ended or self.stopped:
            return b""
        lead = self.block()
        return lead + event("content_block_delta", index=self.open, delta={"type": "text_delta", "text": text})

    def closing(self, finish_reason: str) -> bytes:
        if self.stopped:
            return b""
        last = self.start() + self.stop()
        if not self.ended:
            delta = {"stop_reason": STOP_REASONS[finish_reason], "stop_sequence": None}
            last += event("message_delta", delta=delta, usage={"output_tokens": self.output_tokens})
        return last + event("message_stop")

    def start(self) -> bytes:
        """The message's start, where the client has none yet."""
        if self.started:
            return b""
        self.started = True
        told = {} if self.moderation is None else {"moderation": self.moderation}
        return event("message_start", message={**message(self.query, None, None), **told})

    def block(self) -> bytes:
        """The start of a block of text, where none is open."""
        if self.speaking:
            return b""
        before = self.start() + self.stop()
        self.open, self.speaking = self.next_index, True
        self.next_index += 1
        return before + event("content_block_start", index=self.open, content_block={"type": "text", "text": ""})

    def stop(self) -> bytes:
        """The end of the block that is open."""
        index, self.open, self.speaking = self.open, None, False
        return b"" if index is None else event("content_block_stop", index=index)


def event(kind: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))
