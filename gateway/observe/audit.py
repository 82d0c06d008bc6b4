"""The audit: one record per request, stored in batches by one background task. No record is dropped.

write ──► queue (bounded; when full, `write` waits) ──► batch ──► database
                                                            └──► spill file, when the database fails
A killed process (SIGKILL, power) loses at most what came in the last BATCH_SECONDS and the batch being stored then.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import orjson
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from tenacity import AsyncRetrying, stop_after_attempt, wait_random_exponential

from gateway.errors import ConfigurationError
from gateway.observe.logs import log
from gateway.observe.metrics import Metrics
from gateway.observe.row import row
from gateway.observe.schema import AUDIT, async_url, create, database_file, missing_only, open_engine
from gateway.types import Record

BATCH_SECONDS = 0.2
BATCH_ROWS = 200
"""Building a larger batch would hold the event loop for more than a few milliseconds."""
QUEUE_RECORDS = 10_000
ATTEMPTS = 3
ATTEMPT_SECONDS = 5.0
Rows = list[dict[str, Any]]


class Audit:
    """Stores records. Open it with `await Audit.open(...)`, close it with `aclose()`, or use it in `async with`."""

    def __init__(
        self, engine: AsyncEngine, spill: Path, metrics: Metrics, *, content: bool, queue_records: int = QUEUE_RECORDS
    ) -> None:
        self.engine = engine
        self.file = database_file(engine.url)
        self.spill_path = spill
        self.metrics = metrics
        self.content = content
        self.insert = missing_only(engine.dialect, AUDIT)
        self.run, self.numbers = uuid4().hex, count()
        self.failing = False
        self.queue: asyncio.Queue[Record] = asyncio.Queue(queue_records)
        self.closing = asyncio.Event()
        metrics.watch_audit(self.queue.qsize)
        self.task = asyncio.ensure_future(self.work())

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        content: bool,
        metrics: Metrics | None = None,
        spill: Path | None = None,
        queue_records: int = QUEUE_RECORDS,
    ) -> Self:
        """Connects, and creates the tables where they are missing. Raises ConfigurationError when that fails."""
        parsed = async_url(url)
        engine = open_engine(parsed)
        try:
            await prepare(engine)
        except BaseException:
            await engine.dispose()
            raise
        place = spill or spill_path(parsed)
        return cls(engine, place, metrics or Metrics(), content=content, queue_records=queue_records)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def write(self, record: Record) -> None:
        """Hands the record over; waits only while the queue is full. A record that comes after `aclose` is spilled."""
        if self.closing.is_set():
            self.spill([self.row(record)])
            return
        try:
            await self.queue.put(record)
        except asyncio.CancelledError:
            self.spill([self.row(record)])
            raise

    async def aclose(self) -> None:
        """Stores what is queued, then closes."""
        self.closing.set()
        await self.queue.join()
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.engine.dispose()

    async def work(self) -> None:
        while True:
            records = [await self.queue.get()]
            if self.queue.qsize() < BATCH_ROWS:
                await self.pause()
            while not self.queue.empty() and len(records) < BATCH_ROWS:
                records.append(self.queue.get_nowait())
            await self.store([self.row(record) for record in records])
            for _ in records:
                self.queue.task_done()

    async def pause(self) -> None:
        """Lets a batch gather; cut short by closing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BATCH_SECONDS):
                await self.closing.wait()

    def row(self, record: Record) -> dict[str, Any]:
        return row(record, f"{self.run}-{next(self.numbers)}", content=self.content)

    async def store(self, rows: Rows) -> None:
        """To the database, or else to the spill file. Any exception is a reason to spill: this task must not end."""
        try:
            await self.retrying()(self.insert_rows, rows)
        except Exception as error:
            self.metrics.audit_failures.inc()
            self.spill(rows, error)
        else:
            self.metrics.audit_stored.inc(len(rows))
            if self.failing:
                self.failing = False
                log("info", "audit_recovered", spill=str(self.spill_path))

    def retrying(self) -> AsyncRetrying:
        """While the database fails, each batch tries it once, so that the queue moves."""
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

    def spill(self, rows: Rows, error: Exception | None = None) -> None:
        """Appends to the spill file, a JSON line a record. Logged once an outage; the metric counts every record."""
        try:
            with self.spill_path.open("ab") as file:
                file.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in rows)
        except OSError as failure:
            self.metrics.audit_lost.inc(len(rows))
            log("error", "audit_lost", records=len(rows), path=str(self.spill_path), error=reason(failure))
            return
        self.metrics.audit_spilled.inc(len(rows))
        if error is not None and not self.failing:
            self.failing = True
            log("error", "audit_spilled", path=str(self.spill_path), error=reason(error))


async def prepare(engine: AsyncEngine) -> None:
    """Tables of our version, or a ConfigurationError."""
    try:
        async with asyncio.timeout(ATTEMPT_SECONDS), engine.begin() as connection:
            await connection.run_sync(create)
    except ConfigurationError:
        raise
    except Exception as error:
        place = engine.url.render_as_string(hide_password=True)
        raise ConfigurationError(
            f"the audit database `{place}` cannot be opened ({reason(error)}): check `GATEWAY_AUDIT__URL`, "
            "or set it to nothing to keep no audit"
        ) from None


def reason(error: Exception) -> str:
    """The driver's own words without the statement: one line, no values of a row."""
    told = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(told).__name__}: {told}".splitlines()[0]


def spill_path(url: URL) -> Path:
    """Beside the SQLite file; in the working directory for a server."""
    return Path(f"{database_file(url) or 'audit'}.spill.jsonl")
