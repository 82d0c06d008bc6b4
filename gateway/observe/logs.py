"""Log lines to stderr: an event of a fixed name and its fields, as text or as JSON. Never content or keys.

`audit_spilled records=12 path=audit.db.spill.jsonl`: names and fields can be searched and counted; sentences cannot.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import orjson

Level = Literal["debug", "info", "warning", "error"]
Field = str | int | float | bool | None
LOGGER = "gateway"


def log(level: Level, event: str, **fields: Field) -> None:
    """One event. `request_id` is the field that ties a line to its audit record."""
    logger, number = logging.getLogger(LOGGER), logging.getLevelNamesMapping()[level.upper()]
    if logger.isEnabledFor(number):
        logger.log(number, event, extra={"fields": fields})


def configure(level: Level, *, json: bool) -> None:
    """Our events and uvicorn's from `level` on; other libraries from `warning` on, as at `debug` they print headers and
    SQL values.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if json else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in (LOGGER, "uvicorn.error"):
        logging.getLogger(name).setLevel(level.upper())


class JsonLines(logging.Formatter):
    """One object a line: `time`, `level`, `event`, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": timestamp(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextLines(logging.Formatter):
    """The same for people: `2026-11-23T20:30:00.123Z warning audit_spilled records=12`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={quoted(value)}" for name, value in fields_of(record).items())
        line = f"{timestamp(record)} {record.levelname.lower()} {one_line(record.getMessage())}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def fields_of(record: logging.LogRecord) -> Mapping[str, Field]:
    fields: Mapping[str, Field] = getattr(record, "fields", {})
    return fields


def timestamp(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def quoted(value: Field) -> str:
    """A text with spaces, quotes or control characters as a JSON string, so that a line can be split."""
    text = str(value)
    plain = text.isprintable() and not any(mark in text for mark in ' "=') and text != ""
    return text if plain else orjson.dumps(text).decode()


def one_line(text: str) -> str:
    return text if text.isprintable() else text.replace("\r", "\\r").replace("\n", "\\n")
