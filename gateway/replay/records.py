"""Where recorded traffic comes from: the audit's database, or a file of `gateway audit export`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import ConfigurationError
from gateway.observe.reading import AuditReader
from gateway.replay.facts import Recorded, recorded

UNDECIDED = "none"


async def of_database(url: str, since: float) -> AsyncGenerator[Recorded | None, None]:
    """Oldest first; None for a record of a request that no policy decided about."""
    async with AuditReader.open(url) as reader:
        async for stored in reader.since(since):
            decided = stored["rule"] != UNDECIDED
            yield recorded(stored, f"record {stored['request_id']}") if decided else None


async def of_file(path: Path, since: float) -> AsyncGenerator[Recorded | None, None]:
    """The same of JSON lines. A line that is no record is a ConfigurationError with its number."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                stored = parsed(line, f"{path}:{number}")
                if float(stored.get("started") or 0.0) >= since:
                    yield recorded(stored, f"{path}:{number}") if stored.get("rule") != UNDECIDED else None
    except OSError as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error.strerror}") from None


def parsed(line: bytes, place: str) -> dict[str, Any]:
    try:
        stored = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"{place}: not JSON: {error}") from None
    if not isinstance(stored, dict):
        raise ConfigurationError(f"{place}: not a record of `gateway audit export`")
    return stored
