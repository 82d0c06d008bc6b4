"""Brings a spill file back into the database. Records that are there already stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import ConfigurationError
from gateway.observe.schema import AUDIT, async_url, missing_only, open_engine
from gateway.observe.storage import prepare, reason

BATCH_ROWS = 500


async def restore(url: str, spill: Path) -> int:
    """How many records the file holds. Raises ConfigurationError that names a broken line."""
    engine = open_engine(async_url(url))
    rows, count = spilled(spill), 0
    try:
        await prepare(engine)
        while batch := list(islice(rows, BATCH_ROWS)):
            async with engine.begin() as connection:
                await connection.execute(missing_only(engine.dialect, AUDIT), batch)
            count += len(batch)
    except SQLAlchemyError as error:
        raise ConfigurationError(f"`{spill}` was not stored whole: {reason(error)}: run it again") from None
    finally:
        await engine.dispose()
    return count


def spilled(path: Path) -> Iterator[dict[str, Any]]:
    names = set(AUDIT.c.keys())
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield parsed(line, names, f"{path}:{number}")
    except OSError as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error.strerror}") from None


def parsed(line: bytes, names: set[str], place: str) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict) or value.keys() != names:
        raise ConfigurationError(f"{place}: not a record that this version of the gateway spilled")
    return value
