"""Changes one member of a JSON object in its bytes, so that all the rest stays as it was written: numbers with their
digits, escapes, unknown fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)
"""Strings whole, and the signs that give a JSON text its shape."""
Span = tuple[int, int]


def members(raw: bytes) -> dict[str, Span]:
    """Where the value of each member of an object begins and ends. `raw` is a JSON object without duplicate keys."""
    return dict(read_members(raw))


def read_members(raw: bytes) -> Iterator[tuple[str, Span]]:
    depth, key, begun = 0, b"", 0
    for found in TOKEN.finditer(raw):
        sign = found[0]
        if depth == 1 and sign in (b",", b"}") and begun:
            yield json.loads(key), trimmed(raw, begun, found.start())
            begun = 0
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and sign == b":":
            begun = found.end()
        elif depth == 1 and not begun and sign.startswith(b'"'):
            key = sign


def trimmed(raw: bytes, start: int, end: int) -> Span:
    inner = raw[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def replaced(raw: bytes, name: str, value: Any) -> bytes:
    """The object with this member: in place of the one of that name, or before all others where there is none."""
    written = orjson.dumps(value)
    span = members(raw).get(name)
    if span is None:
        return prepended_member(raw, name, value)
    return raw[: span[0]] + written + raw[span[1] :]


def prepended_member(raw: bytes, name: str, value: Any) -> bytes:
    start = raw.index(b"{") + 1
    rest = raw[start:]
    comma = b"" if rest.lstrip().startswith(b"}") else b","
    return raw[:start] + orjson.dumps(name) + b":" + orjson.dumps(value) + comma + rest


def prepended(raw: bytes, name: str, value: Any) -> bytes:
    """The object whose list `name`, which is not empty, begins with this value."""
    start = members(raw)[name][0] + 1
    return raw[:start] + orjson.dumps(value) + b"," + raw[start:]
