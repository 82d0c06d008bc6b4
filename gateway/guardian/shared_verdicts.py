"""Verdicts that replicas share, in Valkey. A slow or a dead one is a miss: it never holds a query up, nor fails it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import time
from typing import Any, Protocol

from gateway.errors import ConfigurationError
from gateway.guardian.sealed import Seal
from gateway.observe.logs import log
from gateway.types import Verdict

PATIENCE_SECONDS = 0.05
PAUSE_SECONDS = 1.0
"""How long it is left alone after a failure, and between looks at whether it is back."""
AT_ONCE = 64
"""More questions at the same time are misses."""


class Store(Protocol):
    """What is used of the client."""

    def get(self, name: bytes) -> Awaitable[object]: ...

    def set(self, name: bytes, value: bytes, *, px: int) -> Awaitable[object]: ...

    def ping(self) -> Awaitable[object]: ...

    async def aclose(self) -> None: ...


class SharedVerdicts:
    """After one failure nobody asks until a look in the background finds it answering again."""

    def __init__(self, store: Store, seal: Seal, failed: Callable[[], None]) -> None:
        self.store = store
        self.seal = seal
        self.failed = failed
        self.looking: asyncio.Task[None] | None = None
        self.writing: set[asyncio.Task[None]] = set()
        self.commands: set[asyncio.Future[object]] = set()
        self.reading = 0
        self.closed = False

    async def get(self, key: bytes) -> tuple[Verdict, float] | None:
        """The verdict and how many seconds it is still good for."""
        if self.resting or self.reading >= AT_ONCE:
            return None
        self.reading += 1
        try:
            return self.seal.opened(key, await self.answered(self.store.get(key)), time())
        finally:
            self.reading -= 1

    def put(self, key: bytes, verdict: Verdict, seconds: float) -> None:
        """Behind the query's back."""
        if self.resting or len(self.writing) >= AT_ONCE:
            return
        value = self.seal.sealed(key, verdict, time() + seconds)
        task = asyncio.ensure_future(self.write(key, value, int(seconds * 1000)))
        self.writing.add(task)
        task.add_done_callback(self.writing.discard)

    async def write(self, key: bytes, value: bytes, milliseconds: int) -> None:
        await self.answered(self.store.set(key, value, px=milliseconds))

    @property
    def resting(self) -> bool:
        return self.closed or self.looking is not None

    async def answered(self, command: Awaitable[object]) -> object:
        try:
            return await self.within(command)
        except Exception as error:  # Whatever a broken server makes the client raise, it is a miss.
            self.rest(error)
            return None

    async def within(self, command: Awaitable[object]) -> object:
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

    def done(self, task: asyncio.Future[object]) -> None:
        """What a command comes to when nobody waits any more is of no interest."""
        self.commands.discard(task)
        if not task.cancelled():
            task.exception()

    def rest(self, error: Exception) -> None:
        self.failed()
        if not self.resting:
            log("warning", "verdict_cache_failed", error=type(error).__name__)
            self.looking = asyncio.ensure_future(self.look())

    async def look(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(Exception):
                await self.within(self.store.ping())
                break
        self.looking = None
        log("info", "verdict_cache_back")

    async def aclose(self) -> None:
        self.closed = True
        tasks: set[asyncio.Future[Any]] = {*self.writing, *self.commands}
        if self.looking is not None:
            tasks.add(self.looking)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        await self.store.aclose()


def open_store(url: str) -> Store:
    """A client that connects when it is first asked."""
    try:
        from valkey.asyncio import Valkey
    except ImportError:
        raise ConfigurationError(
            "`GATEWAY_CACHE__URL` needs the extra `valkey`: pip install 'guardian-gateway[valkey]'"
        ) from None
    try:
        store: Store = Valkey.from_url(url, max_connections=2 * AT_ONCE + 1)
    except ValueError as error:
        raise ConfigurationError(f"setting `GATEWAY_CACHE__URL`: {error}") from None
    return store
