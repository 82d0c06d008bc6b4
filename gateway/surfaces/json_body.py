"""A request body as JSON that has one meaning: what is judged is what every other reader will see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gateway.errors import BadRequest, Unsupported

STRING_OR_KEY = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*+:)?', re.DOTALL)
"""Every string of a JSON text; the group tells a member's key from a value."""


def parse_object(raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The body as an object, or BadRequest / Unsupported.

    orjson refuses invalid UTF-8, a byte-order mark, lone surrogates, NaN and trailing data; duplicate keys are looked
    for here, since
    readers differ in which of the two they take.
    """
    check_headers(headers)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not valid JSON: {error}", code="invalid_json") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object", code="invalid_json")
    if sum(1 for found in STRING_OR_KEY.finditer(raw) if found[1]) != members(body):
        refuse_duplicate(raw)
    return body


def check_headers(headers: Mapping[str, str]) -> None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Unsupported(
            f"content-encoding `{encoding}` is not read: send the body uncompressed", code="unsupported_encoding"
        )
    media, _, parameters = headers.get("content-type", "application/json").partition(";")
    if media.strip().lower() != "application/json":
        raise Unsupported(
            f"content-type `{media.strip()}` is not read: send `application/json`", code="unsupported_content_type"
        )
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Unsupported(f"charset `{charset}` is not read: send UTF-8", code="unsupported_content_type")


def members(value: object) -> int:
    """How many members all objects of a parsed value have, level by level: no depth is too much for it."""
    count, level = 0, [value]
    while level:
        count += sum(len(item) for item in level if isinstance(item, dict))
        level = [inner for item in level for inner in contents(item) if isinstance(inner, (dict, list))]
    return count


def contents(item: object) -> Iterable[object]:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def refuse_duplicate(raw: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise BadRequest(
                    f"the key `{key}` is there twice in one object: send it once", code="duplicate_key", param=key
                )
            found[key] = value
        return found

    try:
        json.loads(raw, object_pairs_hook=unique)
    except RecursionError:
        raise BadRequest("the body is nested too deeply: send a flatter one", code="invalid_json") from None
    raise BadRequest("the body's keys cannot be counted reliably: send plain JSON", code="invalid_json")
