"""`gateway audit`: reads the audit records, as tables for people and as JSON lines for programs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from typing import Annotated, Any

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.environment import load_settings
from gateway.errors import ConfigurationError
from gateway.observe.reading import AuditReader, Stored
from gateway.observe.restore import restore

app = typer.Typer(no_args_is_help=True, add_completion=False)
AGO = re.compile(r"(\d+)([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
COLUMNS = ("time (UTC)", "request", "action", "rule", "outcome", "status", "ms")

Database = Annotated[str | None, typer.Option("--url", help="The audit database; else `GATEWAY_AUDIT__URL`.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]


@app.command()
def tail(
    url: Database = None,
    *,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many records.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The latest records, oldest first."""

    async def read() -> list[Stored]:
        async with AuditReader.open(database(url)) as reader:
            return await reader.latest(count)

    show_all(asyncio.run(read()), as_json=as_json)


@app.command()
def show(
    request_id: Annotated[str, typer.Argument(help="The `x-request-id` of the response.")],
    url: Database = None,
    *,
    as_json: AsJson = False,
) -> None:
    """All that is known of one request."""

    async def read() -> list[Stored]:
        async with AuditReader.open(database(url)) as reader:
            return await reader.find(request_id)

    found = asyncio.run(read())
    if not found:
        raise ConfigurationError(f"no audit record has the request id `{request_id}`")
    if as_json:
        show_all(found, as_json=True)
        return
    for record in found:
        Console().print(details(record))


@app.command()
def export(
    url: Database = None,
    *,
    since: Annotated[str, typer.Option("--since", help="`30m`, `24h`, `7d`, or a time as 2026-11-23T18:00.")] = "24h",
) -> None:
    """Records since a time, as JSON lines, oldest first."""
    start = moment(since)

    async def write() -> None:
        async with AuditReader.open(database(url)) as reader:
            async for record in reader.since(start):
                print_json(record)

    asyncio.run(write())


@app.command("restore")
def restore_spilled(
    file: Annotated[Path, typer.Argument(help="A spill file, as the log line `audit_spilled` names it.")],
    url: Database = None,
) -> None:
    """Store what was spilled while the database failed. Running it twice stores nothing twice."""
    count = asyncio.run(restore(database(url), file))
    Console().print(f"{count} records of `{file}` are in the database: the file can be removed", highlight=False)


def database(url: str | None) -> str:
    wanted = load_settings().audit.url if url is None else url
    if not wanted:
        raise ConfigurationError("no audit is kept: `GATEWAY_AUDIT__URL` is empty")
    return wanted


def moment(text: str) -> float:
    """`24h` ago, or an ISO time (local when it names no zone), as UNIX time."""
    if ago := AGO.fullmatch(text):
        return time() - timedelta(**{UNITS[ago[2]]: int(ago[1])}).total_seconds()
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise ConfigurationError(
            f"`{text}` is no time: write `30m`, `24h`, `7d`, or a time as 2026-11-23T18:00"
        ) from None


def show_all(records: list[Stored], *, as_json: bool) -> None:
    if as_json:
        for record in records:
            print_json(record)
        return
    table = Table(*COLUMNS, box=SIMPLE_HEAD, pad_edge=False)
    for record in records:
        table.add_row(*map(printable, cells(record)))
    Console().print(table)


def print_json(record: Stored) -> None:
    typer.echo(orjson.dumps(record))


def cells(record: Stored) -> Iterator[str]:
    yield clock(record["started"])[5:19]
    yield record["request_id"]
    yield record["action"]
    yield record["rule"]
    yield ", ".join(map(outcome, record["outcomes"].values())) or record["scanned"]
    yield str(record["status"])
    yield milliseconds(record["total_seconds"])


def details(record: Stored) -> Table:
    """One record as two columns; what is empty is left out."""
    table = Table(show_header=False, box=SIMPLE_HEAD, pad_edge=False)
    for name, value in record.items():
        if value in (None, [], {}):
            continue
        table.add_row(name, printable(told(name, value)))
    return table


def printable(text: str) -> Text:
    """What a caller wrote, such as a model's name, is neither markup nor a command to the terminal."""
    return Text("".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text))


def told(name: str, value: Any) -> str:
    if name == "started":
        return clock(value)
    if name == "outcomes":
        return "\n".join(
            f"{guardian}: {outcome(one)}, {milliseconds(one['seconds'])} ms" for guardian, one in value.items()
        )
    if name.endswith("_seconds"):
        return f"{milliseconds(value)} ms"
    return ", ".join(value) if isinstance(value, list) else str(value)


def outcome(stored: Stored) -> str:
    """`unsafe 0.97 crime`, or `error: timeout`."""
    if stored["type"] == "error":
        return f"error: {stored['kind']}"
    score = [] if stored["score"] is None else [f"{stored['score']:.2f}"]
    return " ".join([stored["label"], *score, *stored["categories"]])


def clock(started: float) -> str:
    return datetime.fromtimestamp(started, UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.1f}"
