"""The options and the source of recorded traffic: what replay and diff share."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway.cli.audit import moment
from gateway.replay.compare import Comparison
from gateway.replay.facts import Recorded
from gateway.replay.records import of_database, of_file
from gateway.replay.report import as_json

Records = Annotated[
    Path | None, typer.Option("--records", help="JSON lines of `gateway audit export`, not the database.")
]
Since = Annotated[str, typer.Option("--since", help="`30m`, `24h`, `7d`, or a time as 2026-11-23T18:00.")]
AsJson = Annotated[Path | None, typer.Option("--json", help="Also write all of it to this file.")]
DAY = "24h"


def recorded_in(file: Path | None, url: str, since: str) -> AsyncGenerator[Recorded | None, None]:
    """A file is read whole unless a time is named."""
    if file is not None:
        return of_file(file, 0.0 if since == DAY else moment(since))
    return of_database(url, moment(since))


def write_json(found: Comparison, path: Path) -> None:
    path.write_bytes(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
