"""How long a store that replicas share is waited for: hardly, and after one failure not at all, until a look in the
background finds it answering again. A slow or a dead one never holds a query up, nor fails it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from gateway.observe.logs import log

PATIENCE_SECONDS = 0.05
PAUSE_SECONDS = 1.0
"""How long it is left alone after a failure, and between looks at whether it is back."""
T = TypeVar("T")


class Patience:
    """`name` is what the log calls the store, `failed` counts a failure, and `ping` asks whether it is back."""

    def __init__(self, name: str, ping: Callable[[], Awaitable[object]], failed: Callable[[], None]) -> None:
        self.name = name
        self.ping = ping
        self.failed = failed
        self.looking: asyncio.Task[None] | None = None
        self.commands: set[asyncio.Future[Any]] = set()
        self.closed = False

    @property
    def resting(self) -> bool:
        """While it is, do not ask."""
        return self.closed or self.looking is not None

    async def answered(self, command: Awaitable[T]) -> T | None:
        """None for a failure of any kind."""
        try:
            return await self.within(command)
        except Exception as error:  # Whatever a broken server makes the client raise, it is a failure.
            self.rest(error)
            return None

    async def within(self, command: Awaitable[T]) -> T:
        """In a task of its own: the client may not notice that it is cancelled (`asyncio.wait_for` of Python 3.11
        swallows that at times), and would then be waited for as long as it likes.
        """
        task = asyncio.ensure_future(command)
        self.commands.add(task)
        task.add_done_callback(self.done)
        try:
            await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            if not task.done() or task.cancelled():
                raise TimeoutError
            return task.result()
        finally:
            task.cancel()

    def done(self, task: asyncio.Future[T]) -> None:
        """What a command comes to when nobody waits any more is of no interest."""
        self.commands.discard(task)
        if not task.cancelled():
            task.exception()

    def rest(self, error: Exception) -> None:
        self.failed()
        if not self.resting:
            log("warning", f"{self.name}_failed", error=type(error).__name__)
            self.looking = asyncio.ensure_future(self.look())

    async def look(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(Exception):
                await self.within(self.ping())
                break
        self.looking = None
        log("info", f"{self.name}_back")

    async def aclose(self, *others: asyncio.Future[Any]) -> None:
        """Ends what is under way, and the tasks beside it that wait for it."""
        self.closed = True
        tasks: set[asyncio.Future[Any]] = {*others, *self.commands}
        if self.looking is not None:
            tasks.add(self.looking)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
