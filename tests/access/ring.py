"""Keys and their file for tests, and a gateway that wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.access.editing import EMPTY, entry
from gateway.access.key import digest
from gateway.access.keyset import Key
from tests.servers import Stack, stack

CHAT = "/v1/chat/completions"
QUERY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
PAST, FUTURE = 1_700_000_000.0, 4_000_000_000.0


def secret(id: str, letter: str = "s") -> str:
    return f"gg_{id}_{letter * 43}"


def key(id: str, tenant: str = "school", scopes: str = "*", **more: Any) -> Key:
    made = digest(secret(id).encode())
    return Key(id, made, tenant, frozenset(scopes.split(",")), PAST, **{"expires": FUTURE, **more})


def text(*keys: Key, tenants: str = "") -> str:
    listed = "\n".join(line for one in keys for line in entry(one, 2))
    return f"{EMPTY}{listed}\n{'tenants:' if tenants else ''}{tenants}\n"


@asynccontextmanager
async def guarded(
    folder: Path, *keys: Key, tenants: str = "", access: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[tuple[Stack, httpx.AsyncClient]]:
    """A gateway that these keys open, and a client without one. `tenants` are lines of the file."""
    path = folder / "keys.yaml"
    path.write_text(text(*keys, tenants=tenants))
    async with stack(access={"keys": path, "poll_seconds": 0.02, **(access or {})}, **more) as given:
        async with httpx.AsyncClient(base_url=given.url, timeout=30) as client:
            yield given, client


def bearer(id: str, letter: str = "s") -> dict[str, str]:
    return {"authorization": f"Bearer {secret(id, letter)}"}


def refusals(given: Stack) -> dict[tuple[str, ...], float]:
    return {labels: child._value.get() for labels, child in given.gateway.metrics.access.refused.items()}
