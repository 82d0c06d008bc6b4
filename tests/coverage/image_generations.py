"""A query for pictures for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN


def body_of(place: str) -> dict[str, Any]:
    extra = {
        "`prompt`": {"prompt": SEEN},
        "any other field that is a text": {"negative_prompt": SEEN},
        "setting that is more than a word or a number": {"user": f"{SEEN} and more"},
        "setting that is a word or a number": {"user": SEEN},
        "field whose name some readers take for another": {"Prompt": SEEN},
    }
    media = {place: {place.split("`")[1]: SEEN}} if place.startswith("media in") else {}
    return {"model": "m", "prompt": "a boat", **{**extra, **media}[place]}
