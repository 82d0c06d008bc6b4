"""The audit: one record per request, stored in batches by one background task. No record is dropped.

write ──► queue (bounded; when full, `write` waits) ──► batch ──► database
                                                            └──► spill file, while the database fails
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

from gateway.observe.metrics import Metrics
from gateway.observe.row import row
from gateway.observe.schema import async_url, open_engine
from gateway.observe.storage import RETRY_SECONDS, Storage, prepare
from gateway.types import Record

BATCH_SECONDS = 0.2
BATCH_ROWS = 200
"""Building a larger batch would hold the event loop for more than a few milliseconds."""
QUEUE_RECORDS = 10_000


class Audit:
    """Stores records. Open it with `await Audit.open(...)` and close it with `aclose()`, or use it in `async with`."""

    def __init__(self, storage: Storage, *, content: bool, queue_records: int) -> None:
        self.storage = storage
        self.content = content
        self.run, self.numbers = uuid4().hex, count()
        self.queue: asyncio.Queue[Record] = asyncio.Queue(queue_records)
        self.closing = asyncio.Event()
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
        retry_seconds: float = RETRY_SECONDS,
    ) -> Self:
        """Connects, and creates the tables where they are missing. Raises ConfigurationError when that fails."""
        engine = open_engine(async_url(url))
        try:
            await prepare(engine)
        except BaseException:
            await engine.dispose()
            raise
        storage = Storage(engine, spill, metrics or Metrics(), retry_seconds=retry_seconds)
        return cls(storage, content=content, queue_records=queue_records)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def write(self, record: Record) -> None:
        """Hands the record over; waits only while the queue is full. A record that comes after `aclose` is spilled."""
        if self.closing.is_set():
            self.storage.spill([self.row(record)])
            return
        try:
            await self.queue.put(record)
            self.storage.metrics.audit_depth.set(self.queue.qsize())
        except asyncio.CancelledError:
            self.storage.spill([self.row(record)])
            raise

    async def aclose(self) -> None:
        """Stores what is queued, then closes."""
        self.closing.set()
        await self.queue.join()
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.storage.engine.dispose()

    async def work(self) -> None:
        while True:
            records = [await self.queue.get()]
            if self.queue.qsize() < BATCH_ROWS:
                await self.pause()
            while not self.queue.empty() and len(records) < BATCH_ROWS:
                records.append(self.queue.get_nowait())
            self.storage.metrics.audit_depth.set(self.queue.qsize())
            await self.storage.store([self.row(record) for record in records])
            for _ in records:
                self.queue.task_done()

    async def pause(self) -> None:
        """Lets a batch gather; cut short by closing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BATCH_SECONDS):
                await self.closing.wait()

    def row(self, record: Record) -> dict[str, Any]:
        return row(record, f"{self.run}-{next(self.numbers)}", content=self.content)
