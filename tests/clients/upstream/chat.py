"""Chat completions as OpenAI's server writes them."""

from __future__ import annotations

from typing import Any

from tests.servers import event

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def whole(model: str, text: str, tool: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {"content": text}
    if tool is not None:
        said = {"content": None, "tool_calls": [{"id": "call_1", "type": "function", **called(tool, text)}]}
    message = {"role": "assistant", "refusal": None, "annotations": [], **said}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish(tool)}
    return {**head(model, "chat.completion"), "choices": [choice], "usage": USAGE}


def events(model: str, pieces: list[str], tool: str | None) -> list[bytes]:
    first: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
    deltas: list[dict[str, Any]] = [{"content": piece} for piece in pieces]
    if tool is not None:
        call = {"index": 0, "id": "call_1", "type": "function", **called(tool, "")}
        first = {"role": "assistant", "content": None, "tool_calls": [call]}
        deltas = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    made = [piece_of(model, delta, None) for delta in (first, *deltas)]
    return [*made, piece_of(model, {}, finish(tool)), b"data: [DONE]\n\n"]


def piece_of(model: str, delta: dict[str, Any], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return event({**head(model, "chat.completion.chunk"), "choices": [choice]})


def called(tool: str, arguments: str) -> dict[str, Any]:
    return {"function": {"name": tool, "arguments": arguments}}


def finish(tool: str | None) -> str:
    return "stop" if tool is None else "tool_calls"


def head(model: str, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-up", "object": kind, "created": 1, "model": model, "service_tier": "default"}
