"""What an upstream's answer says: every text in its choices, whatever field it stands in, so that none is passed over.

A stream's pieces are put together by the place that they stand in: choice, field, tool call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

NO_TEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "": frozenset({"id", "object", "created", "model", "system_fingerprint", "service_tier", "usage", "choices"})
        | {"prompt_filter_results"},
        "choices": frozenset({"index", "finish_reason", "stop_reason", "logprobs", "content_filter_results"}),
        "message": frozenset({"role"}),
        "delta": frozenset({"role"}),
        "tool_calls": frozenset({"id", "index", "type"}),
        "function": frozenset(),
        "function_call": frozenset(),
        "content": frozenset({"type", "index"}),
    }
)
"""By the field that an object stands in, its fields that hold no words of the model. (Log-probabilities repeat the
words one by one.) Of an object that stands elsewhere everything is read, the names of its fields too.
"""
FIELD = "name of a field"
Place = tuple[str, ...]


def answer_texts(events: Sequence[bytes]) -> tuple[str, ...] | None:
    """The texts of a chat completion: one object, or the events of a stream. None when it cannot be read."""
    texts: dict[Place, list[str]] = {}
    read = False
    for data in events:
        if data.strip() == b"[DONE]":
            continue
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        choices = body.get("choices") if isinstance(body, dict) else None
        if not isinstance(choices, list):
            return None
        read = True
        for place, text in leaves(choices, ("choices",)):
            if place[-1] != FIELD or place not in texts:
                texts.setdefault(place, []).append(text)
        for place, text in leaves(body, ("",)):
            if text not in texts.setdefault(place, []):
                texts[place].append(text)
    return tuple(whole for pieces in texts.values() if (whole := "".join(pieces))) if read else None


def leaves(value: Any, place: Place, name: str = "") -> Iterator[tuple[Place, str]]:
    """Every text below, with its place; `name` is the field that it stands in. A member of a list is known by its
    `index`, where it has one.
    """
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        dropped = NO_TEXT.get(name)
        for key, inner in value.items():
            if dropped is None:
                yield (*place, key, FIELD), key
            if dropped is None or key not in dropped:
                yield from leaves(inner, (*place, key), key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*place, number(inner, i)), name or place[-1])


def number(value: Any, otherwise: int) -> str:
    return str(value.get("index", otherwise) if isinstance(value, dict) else otherwise)
