"""A request for moderation for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN

TEXT = {"type": "text", "text": "look"}


def input_of(place: str) -> object:
    kind = place.rpartition(" ")[2]
    return {
        "`input`": SEEN,
        "`input`, one of a list": ["hello", SEEN],
        "text part": [{"type": "text", "text": SEEN}],
        "any other field of a part": [{**TEXT, "note": SEEN}],
        "unknown part": [{"type": "poem", "poem": SEEN}],
        "`input` of strings and parts": [SEEN, TEXT],
        "`input` that is empty or no text": [],
        f"part {kind}": [TEXT, {"type": kind, kind: {"url": SEEN}}],
    }.get(place, "hello")


def body_of(place: str) -> dict[str, Any]:
    extra = {
        "field that differs from a known one in its case only": {"Input": SEEN},
        "any other field of the body, which nobody reads": {"note": SEEN},
    }.get(place, {})
    return {"model": "omni-moderation-latest", "input": input_of(place), **extra}
