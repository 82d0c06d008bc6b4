"""A request as it comes in over ASGI: its headers, its id, its tenant, its body within the limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import uuid4

from starlette.types import Receive, Scope

from gateway.connection import ClientGone
from gateway.errors import BadRequest, TooLarge
from gateway.upstream.headers import Header

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request before its body is read. `raw_headers` are as sent; `headers` has lower-case names and the last value
    of each.
    """

    method: str
    raw_headers: list[Header]
    headers: dict[str, str]
    query_string: bytes
    request_id: str
    tenant: str
    limits: tuple[Header, ...] = ()
    """What every response to it says of the tenant's limits; nothing where there are none."""


def incoming(scope: Scope, *, tenant_header: str | None, passing: list[Header] | None = None) -> Incoming:
    """`passing`: its headers, where not all of them may pass on."""
    raw = scope["headers"] if passing is None else passing
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    wanted = headers.get("x-request-id", "")
    tenant = headers.get(tenant_header.lower(), "default") if tenant_header else "default"
    request_id = wanted if REQUEST_ID.fullmatch(wanted) else uuid4().hex
    return Incoming(scope["method"], raw, headers, scope["query_string"], request_id, tenant)


async def read_body(receive: Receive, headers: dict[str, str], *, limit: int) -> bytes:
    """The whole body. Raises TooLarge before it is held in memory, and ClientGone."""
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise BadRequest("`content-length` must be a number", code="invalid_header", param="content-length")
    if int(length) > limit:
        raise too_large(limit)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise too_large(limit)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"the body is over {limit} bytes: raise `GATEWAY_LIMITS__BODY_BYTES` or send less", code="body_too_large"
    )
