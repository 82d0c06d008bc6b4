"""Where recorded traffic comes from: the audit's database, or a file of `gateway audit export`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
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
    for place, line in lines(path):
        record = recorded(line, place)
        if record.query.received >= since:
            yield record if record.rule != UNDECIDED else None


def lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file of JSON lines, and where they stand. Blank lines are left out."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{path}:{number}", parsed(line, f"{path}:{number}")
    except OSError as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error.strerror}") from None


def parsed(line: bytes, place: str) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"{place}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{place}: not a record but a JSON value of another kind")
    return found
