"""The key that a request carries, and its headers without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gateway.access.caller import Reason, Refusal
from gateway.access.key import holds_key
from gateway.errors import BadRequest, Unauthorized
from gateway.upstream.headers import KEYS, Header

OWN = b"x-gateway-key"
"""Beside it, the `KEYS` of the upstream's headers are the caller's own affair with the upstream."""


@dataclass(frozen=True, slots=True)
class Carried:
    """`headers` are those that may pass on: nothing in them has the form of a gateway key."""

    key: bytes
    headers: list[Header]


def carried(headers: Sequence[Header], url: bytes) -> Carried | Refusal:
    if holds_key(unquote_to_bytes(url)):
        told = "a gateway key stands in the URL: send it in a header, and get a new one"
        return Refusal("in_url", BadRequest(told, code="key_in_url"))
    own = {value.strip() for name, value in headers if name == OWN} - {b""}
    shared = {token(value) for name, value in headers if name in KEYS} - {b""}
    ours = own | {value for value in shared if holds_key(value)}
    if len(ours) > 1:
        return refusal("invalid", "the request carries two different gateway keys: send one")
    if not (ours or shared):
        told = "no gateway key: send one as `authorization: Bearer`, in `x-api-key`, `api-key` or `x-gateway-key`"
        return refusal("missing", told)
    left = {OWN} if own else {OWN, *KEYS}
    key = (ours or shared).pop()
    return Carried(key, [(name, value) for name, value in keyless(headers) if name not in left])


def keyless(headers: Iterable[Header]) -> Iterator[Header]:
    return ((name, value) for name, value in headers if not holds_key(value))


def refusal(reason: Reason, told: str) -> Refusal:
    return Refusal(reason, Unauthorized(told, code="invalid_api_key"))


def token(value: bytes) -> bytes:
    """What stands behind `Bearer`, or the whole."""
    scheme, _, behind = value.strip().partition(b" ")
    return behind.strip() if scheme.lower() == b"bearer" else value.strip()
