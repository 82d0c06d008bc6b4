"""How many tokens an upstream has generated of an answer, told from what has arrived of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.surfaces.answer_json import answer_object

BYTES_PER_TOKEN = 4
"""A round figure for English, where nothing better is known."""
MOST = 10_000_000
"""No answer has more; an upstream that says so is not believed."""


def generated_tokens(events: Sequence[bytes]) -> int:
    """What the upstream says itself (`usage`); else one token for each choice of an event that brings words, and for
    the words of a whole answer, or of one that cannot be read, one for every 4 bytes.
    """
    found = [counted(data) for data in events if data.strip() != b"[DONE]"]
    return max(max((said for said, _ in found), default=0), sum(seen for _, seen in found))


def counted(data: bytes) -> tuple[int, int]:
    """What is said, and what is seen."""
    body = answer_object(data)
    if body is None:
        return 0, len(data) // BYTES_PER_TOKEN
    usage = body.get("usage")
    said = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if type(said) is int and said > 0:
        return min(said, MOST), 0
    return 0, sum(map(seen, choices(body)))


def choices(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = body.get("choices")
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())


def seen(choice: Mapping[str, Any]) -> int:
    if "delta" in choice:
        return int(words(choice["delta"]) > 0)
    if "text" in choice:
        return max(words(choice["text"]) // BYTES_PER_TOKEN, int(bool(choice["text"])))
    return words(choice.get("message")) // BYTES_PER_TOKEN


def words(value: object) -> int:
    """The bytes of everything but the role."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, dict):
        return sum(words(inner) for key, inner in value.items() if key != "role")
    return sum(map(words, value)) if isinstance(value, list) else 0
