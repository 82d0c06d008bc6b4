"""Changes to the text of a file of keys, which leave all else in it as its owner wrote it: comments, order, limits."""

from __future__ import annotations

import json
import re

from gateway.access.caller import clock
from gateway.access.keyset import Key
from gateway.policy.source import WORDS, Item

EMPTY = "version: 1\nkeys:\n"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
INDENT = 2
DASH = 2
"""A list's `- ` stands so far before its items."""


def with_key(text: str, root: Item, key: Key) -> str:
    """With the key as the first of the list."""
    lines, listed = text.splitlines(), root.get("keys")
    if listed is None:
        return joined([*lines, "keys:", *entry(key, INDENT)])
    at = root.keys["keys"].line
    if not isinstance(listed.value, tuple) or not listed.value:
        lines[at - 1] = "keys:"
        return joined([*lines[:at], *entry(key, INDENT), *lines[at:]])
    return joined([*lines[:at], *entry(key, listed.value[0].span.column - 1 - DASH), *lines[at:]])


def with_time(text: str, root: Item, id: str, field: str, seconds: float) -> str:
    """With this time in the entry of the key."""
    lines, one = text.splitlines(), entry_of(root, id)
    written = f"{field}: {clock(seconds)}"
    if field in one.keys:
        value, line = one.value[field].span, lines[one.keys[field].line - 1]  # type: ignore[call-overload, index, union-attr]
        after = line[value.column - 1 + value.length :] if value.line == one.keys[field].line else ""
        lines[one.keys[field].line - 1] = line[: one.keys[field].column - 1] + written + after
    else:
        place = one.keys["id"]
        lines.insert(place.line, " " * (place.column - 1) + written)
    return joined(lines)


def entry_of(root: Item, id: str) -> Item:
    listed = root.get("keys")
    assert listed is not None
    return next(one for one in listed.items if (found := one.get("id")) is not None and found.value == id)


def entry(key: Key, indent: int) -> list[str]:
    times = {"created": key.created, "expires": key.expires, "revoked": key.revoked}
    fields = [
        f"id: {quoted(key.id)}",
        f"tenant: {quoted(key.tenant)}",
        f"scopes: [{', '.join(quoted(scope) for scope in sorted(key.scopes))}]",
        f"hash: sha256:{key.hash.hex()}",
        *(f"{name}: {clock(seconds)}" for name, seconds in times.items() if seconds is not None),
    ]
    return [" " * indent + ("- " if number == 0 else "  ") + one for number, one in enumerate(fields)]


def quoted(text: str) -> str:
    """As YAML reads it back: a plain word, else in double quotes."""
    return text if PLAIN.fullmatch(text) and text not in WORDS else json.dumps(text, ensure_ascii=False)


def joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
