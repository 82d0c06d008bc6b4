"""A request for each cell of the coverage of `score`."""

from __future__ import annotations

from typing import Any

from tests.coverage import wordless


def body_of(place: str) -> dict[str, Any]:
    return wordless.body_of("score", place)
