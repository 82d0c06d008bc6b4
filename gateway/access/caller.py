"""Whose request it is, by its key: which tenant's, or why it is turned away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from gateway.access.keyset import FROM_HEADER, Key, KeySet
from gateway.errors import Forbidden, RequestError, Unauthorized

Reason = Literal["missing", "invalid", "in_url", "expired", "revoked", "scope", "tenant", "requests", "concurrency"]
NO_TENANT = "default"


@dataclass(frozen=True, slots=True)
class Caller:
    """`key` is the id of its key."""

    key: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the client is told, and what is counted and logged: `key` is an id, where the secret was right."""

    reason: Reason
    error: RequestError
    key: str = ""


def identify(keys: KeySet, presented: bytes, place: str, named: str | None, now: float) -> Caller | Refusal:
    """`named` is the tenant that the trusted header names, if there is one. An unknown id and a wrong secret are told
    alike; who has the secret is told more.
    """
    key = keys.find(presented)
    if key is None:
        return Refusal("invalid", Unauthorized("the gateway key is not valid", code="invalid_api_key"))
    return refused(key, place, named, now) or Caller(key.id, tenant(key, named))


def tenant(key: Key, named: str | None) -> str:
    return (named or NO_TENANT) if key.tenant == FROM_HEADER else key.tenant


def refused(key: Key, place: str, named: str | None, now: float) -> Refusal | None:
    standing = key.standing(now)
    if standing == "expired":
        told = f"the gateway key `{key.id}` expired at {clock(key.expires)}: ask for a new one"
        return Refusal("expired", Unauthorized(told, code="invalid_api_key"), key.id)
    if standing == "revoked":
        told = f"the gateway key `{key.id}` was revoked: ask for a new one"
        return Refusal("revoked", Unauthorized(told, code="invalid_api_key"), key.id)
    if not key.allows(place):
        told = f"the gateway key `{key.id}` may not use `{place}`: it lacks that scope"
        return Refusal("scope", Forbidden(told, code="missing_scope"), key.id)
    if named is not None and key.tenant not in (FROM_HEADER, named):
        told = f"the gateway key `{key.id}` is not of the tenant that the request names"
        return Refusal("tenant", Forbidden(told, code="wrong_tenant"), key.id)
    return None


def clock(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
