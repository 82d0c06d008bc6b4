"""Responses as OpenAI's server writes them, with the whole sequence of a stream's events."""

from __future__ import annotations

import json
from typing import Any

ITEM = "msg_up"
USAGE = {
    "input_tokens": 3,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 8,
}


def whole(model: str, text: str, tool: str | None) -> dict[str, Any]:
    return {**head(model, "completed"), "output": [item("completed", [part(text)])], "usage": USAGE}


def events(model: str, pieces: list[str], tool: str | None) -> list[bytes]:
    text = "".join(pieces)
    begun = {"response": {**head(model, "in_progress"), "output": [], "usage": None}}
    where = {"item_id": ITEM, "output_index": 0, "content_index": 0}
    sequence: list[tuple[str, dict[str, Any]]] = [
        ("response.created", begun),
        ("response.in_progress", begun),
        ("response.output_item.added", {"output_index": 0, "item": item("in_progress", [])}),
        ("response.content_part.added", {**where, "part": part("")}),
        *(("response.output_text.delta", {**where, "delta": piece, "logprobs": []}) for piece in pieces),
        ("response.output_text.done", {**where, "text": text, "logprobs": []}),
        ("response.content_part.done", {**where, "part": part(text)}),
        ("response.output_item.done", {"output_index": 0, "item": item("completed", [part(text)])}),
        ("response.completed", {"response": whole(model, text, tool)}),
    ]
    return [numbered(name, i, fields) for i, (name, fields) in enumerate(sequence)]


def numbered(name: str, number: int, fields: dict[str, Any]) -> bytes:
    body = {"type": name, "sequence_number": number, **fields}
    return f"event: {name}\ndata: {json.dumps(body)}\n\n".encode()


def item(status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": ITEM, "type": "message", "status": status, "role": "assistant", "content": content}


def part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def head(model: str, status: str) -> dict[str, Any]:
    return {
        "id": "resp_up",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": model,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
    }
