"""What an upstream sends as JSON: the body of an answer, or the data of an event."""

from __future__ import annotations

from typing import Any

import orjson

DEEPEST = 100
"""No answer is nested further, and no reader of one runs out of stack before."""
LARGEST = 2**53
"""No number that counts something is larger; what is may be one that cannot be written any more."""


def answer_object(data: bytes) -> dict[str, Any] | None:
    """The object, or None where it is no JSON, none, or nested too deeply to be read."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or (data.count(b"{") + data.count(b"[") > DEEPEST and too_deep(value)):
        return None
    return value


def too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def count_in(value: object) -> int | None:
    """A number that counts something or says which, or None."""
    return value if type(value) is int and 0 <= value < LARGEST else None
