"""Where rows go: the database, or the spill file beside it while the database fails."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from gateway.errors import ConfigurationError
from gateway.observe.logs import log
from gateway.observe.metrics import Metrics
from gateway.observe.schema import AUDIT, create, database_file, missing_only

ATTEMPTS = 3
ATTEMPT_SECONDS = 3.0
RETRY_SECONDS = 10.0
"""How long a failing database is left alone: trying one that hangs for each batch would fill the queue."""
Rows = Sequence[dict[str, Any]]


class Storage:
    """One database and its spill file. Nothing here raises: who calls it has no one to tell."""

    def __init__(self, engine: AsyncEngine, spill: Path | None, metrics: Metrics, *, retry_seconds: float) -> None:
        self.engine = engine
        self.file = database_file(engine.url)
        self.spill_path = spill or spill_path(engine.url)
        self.metrics = metrics
        self.insert = missing_only(engine.dialect, AUDIT)
        self.failing, self.retry_at, self.retry_seconds = False, 0.0, retry_seconds

    async def store(self, rows: Rows) -> None:
        """To the database, or else to the spill file. Any exception is a reason to spill."""
        if self.failing and monotonic() < self.retry_at:
            self.spill(rows)
            return
        try:
            await self.retrying()(self.insert_rows, rows)
        except Exception as error:
            self.spill(rows)
            self.failed(error)
        else:
            self.metrics.audit_stored.inc(len(rows))
            self.recovered()

    def failed(self, error: Exception) -> None:
        """Logged once an outage; the metrics count every failure and record."""
        self.metrics.audit_failures.inc()
        self.retry_at = monotonic() + self.retry_seconds
        if not self.failing:
            log("error", "audit_spilled", path=str(self.spill_path), error=kind(error))
        self.failing = True

    def recovered(self) -> None:
        if self.failing:
            log("info", "audit_recovered", spill=str(self.spill_path))
        self.failing = False

    def retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(1 if self.failing else ATTEMPTS),
            wait=wait_random_exponential(0.05, max=0.5),
            before_sleep=lambda state: self.metrics.audit_failures.inc(),
            reraise=True,
        )

    async def insert_rows(self, rows: Rows) -> None:
        async with asyncio.timeout(ATTEMPT_SECONDS):
            if self.file is not None and not self.file.exists():
                await self.engine.dispose()
                await prepare(self.engine)
            async with self.engine.begin() as connection:
                await connection.execute(self.insert, rows)

    def spill(self, rows: Rows) -> None:
        """Appends to the spill file, a JSON line a record. What this fails to write is lost, and that is told."""
        try:
            with self.spill_path.open("ab") as file:  # one write: another process may append to the same file
                file.write(b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in rows))
        except OSError as failure:
            self.metrics.audit_lost.inc(len(rows))
            log("error", "audit_lost", records=len(rows), path=str(self.spill_path), error=kind(failure))
            return
        self.metrics.audit_spilled.inc(len(rows))


async def prepare(engine: AsyncEngine) -> None:
    """Tables of our version, or a ConfigurationError."""
    try:
        await patient()(opened, engine)
    except ConfigurationError:
        raise
    except Exception as error:
        place = engine.url.render_as_string(hide_password=True)
        raise ConfigurationError(
            f"the audit database `{place}` cannot be opened ({reason(error)}): check `GATEWAY_AUDIT__URL`, "
            "or set it to nothing to keep no audit"
        ) from None


async def opened(engine: AsyncEngine) -> None:
    if (file := database_file(engine.url)) is not None:
        await asyncio.to_thread(check_file, file)
    async with asyncio.timeout(ATTEMPT_SECONDS), engine.begin() as connection:
        await connection.run_sync(create)


def patient() -> AsyncRetrying:
    """Processes that start together make one SQLite file, and SQLite does not wait for each of its locks itself."""
    return AsyncRetrying(
        retry=retry_if_exception(is_busy),
        stop=stop_after_delay(ATTEMPT_SECONDS),
        wait=wait_random_exponential(0.02, max=0.2),
        reraise=True,
    )


def is_busy(error: BaseException) -> bool:
    told = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(told, "sqlite_errorname", "")).startswith("SQLITE_BUSY")


def check_file(file: Path) -> None:
    """Raises when SQLite cannot open the file. aiosqlite tells too, but leaves a thread that fails later."""
    with closing(sqlite3.connect(file, timeout=ATTEMPT_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def reason(error: Exception) -> str:
    """The driver's own words in one line. They may quote values: not for errors about rows."""
    told = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(told).__name__}: {told}".splitlines()[0]


def kind(error: Exception) -> str:
    """What failed, without values of a row. SQLite's words hold none, and say more than the type does."""
    told = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(told, sqlite3.Error | OSError):
        return f"{type(told).__name__}: {told}"
    state = getattr(told, "sqlstate", None)
    return type(error).__name__ if state is None else f"{type(error).__name__} {state}"


def spill_path(url: URL) -> Path:
    """Beside the SQLite file; in the working directory for a server."""
    return Path(f"{database_file(url) or 'audit'}.spill.jsonl")
