"""`gateway keys create`: a new key."""

from __future__ import annotations

from time import time
from typing import Annotated

import typer

from gateway.access.key import digest, new_id, new_key
from gateway.access.keyset import Key
from gateway.cli.keys.chosen import File, add, seconds, show_once

NEVER = "never"


def create(
    tenant: Annotated[str, typer.Option("--tenant", help="Whose key it is; `from_header`: of an application that names"
                                        " the tenant of each request in `GATEWAY_TENANT_HEADER`.")],
    scope: Annotated[list[str], typer.Option("--scope", help="A surface that it may use, or `*`; can be repeated.")],
    expires: Annotated[str, typer.Option("--expires", help="How long it is good: `90d`, `12h`, or `never`.")] = "90d",
    file: File = None,
) -> None:  # fmt: skip
    """Make a key, store its hash, and print the key once."""
    now = float(int(time()))
    secret, made = drawn(tenant, frozenset(scope), now, None if expires == NEVER else now + seconds(expires))
    add(file, made)
    show_once(secret, made)


def drawn(tenant: str, scopes: frozenset[str], now: float, expires: float | None) -> tuple[str, Key]:
    """A key and its entry."""
    id = new_id()
    secret = new_key(id)
    return secret, Key(id, digest(secret.encode()), tenant, scopes, now, expires)
