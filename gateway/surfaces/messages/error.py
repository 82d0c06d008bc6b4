"""Anthropic's error object, with our code beside its type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from gateway.errors import RequestError

TYPES: Mapping[int, str] = MappingProxyType(
    {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
        504: "timeout_error",
        529: "overloaded_error",
    }
)


def error_body(error: RequestError) -> bytes:
    told = {"type": error_type(error), "message": error.message, "code": error.code, "param": error.param}
    return orjson.dumps({"type": "error", "error": {**told, "details": {"error_code": error.code}}})


def error_type(error: RequestError) -> str:
    if error.code == "overloaded":
        return "overloaded_error"
    return TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
