"""What an upstream's answer says: every text in its choices, whatever field it stands in, so that none is passed over.

A stream's pieces are put together by the place that they stand in: choice, field, tool call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

NO_TEXT = frozenset(
    {"id", "index", "object", "role", "type", "finish_reason", "stop_reason", "service_tier", "logprobs"}
)
"""Fields of a choice that hold no words of the model. Log-probabilities repeat the words one by one."""
Place = tuple[str, ...]


def answer_texts(events: Sequence[bytes]) -> tuple[str, ...] | None:
    """The texts of a chat completion: one object, or the events of a stream. None when it cannot be read."""
    texts: dict[Place, list[str]] = {}
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
        for i, choice in enumerate(choices):
            for place, text in leaves(choice, (number(choice, i),)):
                texts.setdefault(place, []).append(text)
    return tuple(whole for pieces in texts.values() if (whole := "".join(pieces)))


def leaves(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every text below, with its place. A member of a list is known by its `index`, where it has one."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in NO_TEXT:
                yield from leaves(inner, (*place, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*place, number(inner, i)))


def number(value: Any, otherwise: int) -> str:
    return str(value.get("index", otherwise) if isinstance(value, dict) else otherwise)
