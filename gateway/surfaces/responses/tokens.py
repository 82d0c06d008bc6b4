"""How many tokens an upstream has generated of a response, told from what has arrived of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.surfaces.answer_json import answer_object
from gateway.surfaces.usage import BYTES_PER_TOKEN, MOST, words


def generated_tokens(events: Sequence[bytes]) -> int:
    """What the upstream says itself (`usage`); else one token for each event that brings words, and for the words of a
    whole answer, or of one that cannot be read, one for every 4 bytes.
    """
    found = [counted(data) for data in events if data.strip() != b"[DONE]"]
    return max(max((said for said, _ in found), default=0), sum(seen for _, seen in found))


def counted(data: bytes) -> tuple[int, int]:
    """What is said, and what is seen."""
    body = answer_object(data)
    if body is None:
        return 0, len(data) // BYTES_PER_TOKEN
    said = output_tokens(body) or output_tokens(body.get("response"))
    if said:
        return min(said, MOST), 0
    if "delta" in body:
        return 0, int(words(body["delta"]) > 0)
    return 0, words(body.get("output")) // BYTES_PER_TOKEN


def output_tokens(response: Any) -> int:
    usage = response.get("usage") if isinstance(response, dict) else None
    said = usage.get("output_tokens") if isinstance(usage, dict) else None
    return said if type(said) is int and said > 0 else 0
