"""How many tokens an upstream has generated of a message, told from what has arrived of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.surfaces.answer_json import answer_object
from gateway.surfaces.usage import BYTES_PER_TOKEN, MOST


def generated_tokens(events: Sequence[bytes]) -> int:
    """What the upstream says itself; at least one for each delta, and of what cannot be read one for every 4 bytes."""
    found = [counted(data) for data in events]
    return max(max((said for said, _ in found), default=0), sum(seen for _, seen in found))


def counted(data: bytes) -> tuple[int, int]:
    event = answer_object(data)
    if event is None:
        return 0, len(data) // BYTES_PER_TOKEN
    return max(said(event), said(event.get("message"))), int(event.get("type") == "content_block_delta")


def said(item: Any) -> int:
    usage = item.get("usage") if isinstance(item, dict) else None
    tokens = usage.get("output_tokens") if isinstance(usage, dict) else None
    return min(tokens, MOST) if type(tokens) is int and tokens > 0 else 0
