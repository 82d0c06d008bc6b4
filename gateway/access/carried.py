"""The key that a request carries, and its headers without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gateway.access.key import holds_key
from gateway.errors import BadRequest, Unauthorized

Header = tuple[bytes, bytes]
OWN = b"x-gateway-key"
"""Beside it, the headers below are the caller's own affair with the upstream."""
SHARED = (b"authorization", b"x-api-key", b"api-key")
"""OpenAI's, Anthropic's and Azure's clients write their key into these."""


@dataclass(frozen=True, slots=True)
class Carried:
    """`headers` are those that may pass on: nothing in them has the form of a gateway key."""

    key: bytes
    headers: list[Header]


def carried(headers: Iterable[Header], query_string: bytes) -> Carried:
    """Raises Unauthorized without a key, or with two that differ."""
    if query_string and holds_key(unquote_to_bytes(query_string)):
        raise BadRequest("a gateway key stands in the URL: send it in a header, and replace it", code="key_in_url")
    own = {value.strip() for name, value in headers if name == OWN}
    named = own or set(shared(headers))
    others = {key for key in shared(headers) if holds_key(key)}
    if len(named) != 1 or others - named:
        raise Unauthorized(told(named), code="invalid_api_key")
    left = {OWN} if own else {OWN, *SHARED}
    return Carried(named.pop(), [(n, v) for n, v in headers if n not in left and not holds_key(v)])


def shared(headers: Iterable[Header]) -> Iterator[bytes]:
    for name, value in headers:
        if name in SHARED:
            yield bearer(value) if name == SHARED[0] else value.strip()


def bearer(value: bytes) -> bytes:
    scheme, _, token = value.strip().partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else value.strip()


def told(named: set[bytes]) -> str:
    if named:
        return "the request carries two different keys: send one, or the gateway's in `x-gateway-key`"
    return "no gateway key: send one as `authorization: Bearer gg_...`, `x-api-key`, `api-key` or `x-gateway-key`"
