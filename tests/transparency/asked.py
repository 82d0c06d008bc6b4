"""Small requests, as far as a test does not say otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.transparency.requests import request
from tests.transparency.surfaces import SURFACES
from tests.transparency.wire import Header


def simple(path: str, *, stream: bool = False) -> bytes:
    """A body that this surface takes."""
    surface = next(one for one in SURFACES if one.path == path)
    return json.dumps(surface.body("hello", stream, {})).encode()


def post(path: str, body: bytes | None = None, query: bytes = b"", more: Sequence[Header] = ()) -> bytes:
    target = path.encode() + (b"?" + query if query else b"")
    return request(b"POST", target, more, simple(path.removesuffix("?")) if body is None else body)
