"""Writes a streamed message: from its start, or behind what the client has of an upstream's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

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
    """The events of one message. It speaks in a block of text: the one that is open, or a new one."""

    def __init__(self, query: Query, moderation: Annotation) -> None:
        self.query = query
        self.moderation = moderation
        self.started = self.ended = False
        self.next_index = 0
        self.open: int | None = None
        self.speaking = False
        self.output_tokens = 0

    def follow(self, data: bytes) -> None:
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return
        if not isinstance(event, dict):
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
        self.count(event.get("usage"))

    def begun(self, event: Mapping[str, Any]) -> None:
        index, block = event.get("index"), event.get("content_block")
        self.open = index if isinstance(index, int) else self.next_index
        self.next_index = self.open + 1
        self.speaking = isinstance(block, dict) and block.get("type") == "text"

    def count(self, usage: object) -> None:
        said = usage.get("output_tokens") if isinstance(usage, dict) else None
        self.output_tokens = said if type(said) is int else self.output_tokens

    def opening(self) -> bytes:
        return self.start() + self.block()

    def delta(self, text: str) -> bytes:
        lead = self.block()
        return lead + event("content_block_delta", index=self.open, delta={"type": "text_delta", "text": text})

    def closing(self, finish_reason: str) -> bytes:
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
