"""A query for speech for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN


def body_of(place: str) -> dict[str, Any]:
    extra = {
        "`input`": {"input": SEEN},
        "`instructions`": {"instructions": SEEN},
        "any other field that is a text": {"ref_text": SEEN},
        "setting that is more than a word or a number": {"voice": {"id": SEEN}},
        "setting that is a word or a number": {"voice": SEEN},
        "field whose name some readers take for another": {"Input": SEEN},
        "media in `ref_audio`": {"ref_audio": SEEN},
    }
    return {"model": "m", "input": "hello", "voice": "alloy", **extra[place]}
