"""Messages as Anthropic's server writes them, with the whole sequence of a stream's events."""

from __future__ import annotations

import json
from typing import Any

USAGE = {"input_tokens": 3, "output_tokens": 5}


def whole(model: str, text: str, tool: str | None) -> dict[str, Any]:
    return {**head(model), "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": USAGE}


def events(model: str, pieces: list[str], tool: str | None) -> list[bytes]:
    begun = {**head(model), "content": [], "stop_reason": None, "usage": {"input_tokens": 3, "output_tokens": 1}}
    ended = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 5}}
    sequence: list[tuple[str, dict[str, Any]]] = [
        ("message_start", {"message": begun}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("ping", {}),
        *(("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": piece}}) for piece in pieces),
        ("content_block_stop", {"index": 0}),
        ("message_delta", ended),
        ("message_stop", {}),
    ]
    return [f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode() for name, fields in sequence]


def head(model: str) -> dict[str, Any]:
    return {"id": "msg_up", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}
