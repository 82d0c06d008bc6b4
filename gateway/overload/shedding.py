"""Load shedding: with too many requests at work, the next is refused before its body is read."""

from __future__ import annotations

from gateway.errors import Unavailable

RETRY_SECONDS = 1.0


def overloaded() -> Unavailable:
    error = Unavailable("the gateway has too much to do: try again in a second", code="overloaded")
    error.retry_after = RETRY_SECONDS
    return error
