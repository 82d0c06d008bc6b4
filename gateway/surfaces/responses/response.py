"""The response object: what the caller asked for, said back to it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.surfaces.surface import Annotation
from gateway.types import Query

COMPLETED: Mapping[str, Any] = MappingProxyType({"status": "completed", "incomplete_details": None})
ECHOED: Mapping[str, Any] = MappingProxyType(
    {
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "model": "",
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "user": None,
    }
)
"""Fields of the request that its response repeats, and what each is where the caller has not set it."""
USAGE: Mapping[str, Any] = MappingProxyType(
    {
        "input_tokens": 0,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 0,
    }
)
"""The upstream was not asked: nothing is to be billed."""


def head(query: Query, created: int, moderation: Annotation = None) -> dict[str, Any]:
    """A response that has just begun. Nothing of it is stored, whatever the caller asked for."""
    echoed = {name: query.body[name] if query.body.get(name) is not None else value for name, value in ECHOED.items()}
    begun = {"id": f"resp_{query.request_id}", "object": "response", "created_at": created, "status": "in_progress"}
    about: dict[str, Any] = {
        "background": False,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "store": False,
    }
    marked = {} if moderation is None else {"moderation": moderation}
    return {**begun, **about, **echoed, "usage": None, **marked}


def ended(begun: Mapping[str, Any], output: Sequence[Mapping[str, Any]], finish_reason: str) -> dict[str, Any]:
    """The same at its end."""
    filtered = finish_reason == "content_filter"
    how = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}} if filtered else COMPLETED
    return {**begun, **how, "output": output, "usage": {**USAGE}}


def wants_no_text(query: Query) -> bool:
    """A caller that asked for JSON would try to parse a text, and one that makes the model call a tool does not look
    for one: they read what is said to them as a refusal.
    """
    text, choice = query.body.get("text"), query.body.get("tool_choice")
    wanted = text.get("format") if isinstance(text, dict) else None
    json = isinstance(wanted, dict) and wanted.get("type") in ("json_schema", "json_object")
    named = isinstance(choice, dict) and choice.get("type") in ("function", "custom")
    return json or named or choice == "required"


def part(text: str, *, refusal: bool) -> dict[str, Any]:
    if refusal:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def message(query: Query, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    name = f"msg_{query.request_id}"
    return {"id": name, "type": "message", "status": status, "role": "assistant", "content": content}
