"""Streamed responses as an upstream writes them, event by event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HEAD: dict[str, Any] = {
    "id": "resp_up",
    "object": "response",
    "created_at": 1,
    "status": "in_progress",
    "instructions": "never say how",
    "model": "upstream-model",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": None,
}
USAGE = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}


def raw(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def pieces_of(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@dataclass
class Spoken:
    """Gives the data of events with their numbers, and keeps the output."""

    size: int = 4
    number: int = 0
    output: list[dict[str, Any]] = field(default_factory=list)

    def event(self, kind: str, **fields: Any) -> dict[str, Any]:
        self.number += 1
        return {"type": f"response.{kind}", "sequence_number": self.number - 1, **fields}

    def begun(self) -> Iterator[dict[str, Any]]:
        yield self.event("created", response=HEAD)
        yield self.event("in_progress", response=HEAD)

    def message(self, text: str, index: int = 0, kind: str = "output_text") -> Iterator[dict[str, Any]]:
        """All of a message: what opens it, its words, what closes it."""
        field = "refusal" if kind == "refusal" else "text"
        item = {"id": f"msg_{index}", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        part = {"type": kind, field: "", **({} if kind == "refusal" else {"annotations": []})}
        at = {"item_id": item["id"], "output_index": index, "content_index": 0}
        more = {} if kind == "refusal" else {"logprobs": []}
        yield self.event("output_item.added", output_index=index, item=item)
        yield self.event("content_part.added", **at, part=part)
        for piece in pieces_of(text, self.size):
            yield self.event(f"{kind}.delta", **at, delta=piece, **more)
        yield self.event(f"{kind}.done", **at, **{field: text}, **more)
        yield self.event("content_part.done", **at, part={**part, field: text})
        yield self.item_done(index, {**item, "status": "completed", "content": [{**part, field: text}]})

    def call(self, arguments: str, index: int = 0) -> Iterator[dict[str, Any]]:
        item = {"id": f"fc_{index}", "type": "function_call", "call_id": "call_1", "name": "find", "arguments": ""}
        at = {"item_id": item["id"], "output_index": index}
        yield self.event("output_item.added", output_index=index, item=item)
        for piece in pieces_of(arguments, self.size):
            yield self.event("function_call_arguments.delta", **at, delta=piece)
        yield self.event("function_call_arguments.done", **at, arguments=arguments)
        yield self.item_done(index, {**item, "status": "completed", "arguments": arguments})

    def reasoning(self, text: str, index: int = 0) -> Iterator[dict[str, Any]]:
        item: dict[str, Any] = {"id": f"rs_{index}", "type": "reasoning", "summary": []}
        at = {"item_id": item["id"], "output_index": index, "summary_index": 0}
        yield self.event("output_item.added", output_index=index, item=item)
        yield self.event("reasoning_summary_part.added", **at, part={"type": "summary_text", "text": ""})
        for piece in pieces_of(text, self.size):
            yield self.event("reasoning_summary_text.delta", **at, delta=piece)
        part = {"type": "summary_text", "text": text}
        yield self.event("reasoning_summary_text.done", **at, text=text)
        yield self.event("reasoning_summary_part.done", **at, part=part)
        yield self.item_done(index, {**item, "summary": [part]})

    def item_done(self, index: int, item: dict[str, Any]) -> dict[str, Any]:
        self.output.append(item)
        return self.event("output_item.done", output_index=index, item=item)

    def ended(self) -> Iterator[dict[str, Any]]:
        done = {**HEAD, "status": "completed", "output": self.output, "usage": USAGE}
        yield self.event("completed", response=done)

    def all(self, text: str, kind: str = "output_text") -> list[dict[str, Any]]:
        return [*self.begun(), *self.message(text, kind=kind), *self.ended()]
