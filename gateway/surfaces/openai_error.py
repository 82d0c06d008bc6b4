"""OpenAI's error object, the same on each of its surfaces."""

from __future__ import annotations

import orjson

from gateway.errors import RequestError


def error_body(error: RequestError) -> bytes:
    return orjson.dumps(
        {"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}}
    )
