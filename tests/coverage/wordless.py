"""A request to each endpoint that answers with numbers, for each cell of its coverage."""

from __future__ import annotations

import re
from typing import Any

from gateway.surfaces.wordless import wordless
from tests.coverage.mark import SEEN
from tests.coverage.others import OTHERS


def body_of(surface: str, place: str) -> dict[str, Any]:
    one = next(one for one in wordless() if one.name == surface)
    body: dict[str, Any] = {"model": "m", one.judged_field: "hello"}
    named = re.match(r"`(\w+)`", place)
    if "token numbers" in place:
        return {**body, one.judged_field: [1, 2], "note": SEEN}
    if place.startswith("picture"):
        return {**body, one.judged_field: [{"content": [{"type": "image_url", "image_url": {"url": SEEN}}]}]}
    if place == "field that differs from a known one in its case only":
        return {**body, one.judged_field.title(): SEEN}
    if place in OTHERS:
        return {**body, **OTHERS[place]}
    assert named is not None
    if named[1] == "messages":
        return {**body, "messages": [{"role": "user", "content": SEEN}]}
    return {**body, named[1]: ["a", SEEN] if "one of a list" in place else SEEN}
