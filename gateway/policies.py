"""The policies in force: one set, replaced whole when its files change. While the files are wrong, the last good set
decides, and that is told.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time
from typing import Literal, Never

from gateway.observe.logs import log
from gateway.observe.metrics import Metrics
from gateway.policy import Diagnostics, PolicySet
from gateway.policy.folder import Load, Reading, Signature, read_steadily, signature
from gateway.wake import Wake

Result = Literal["loaded", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the files are not in force: how many errors, and the code and place of the first. `since` is UNIX time."""

    since: float
    errors: int
    first: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A good set and the state of the files that it came from."""

    signature: Signature
    policy: PolicySet


class Policies:
    """`current` is the set in force. Who decides by it takes it once and keeps it to the end."""

    def __init__(self, folder: Path, load: Load, loaded: Loaded, metrics: Metrics) -> None:
        self.folder = folder
        self.load = load
        self.seen = loaded.signature
        self.current, self.loaded_at = loaded.policy, time()
        self.failure: Failure | None = None
        self.metrics = metrics
        self.reading = asyncio.Lock()
        self.wake = Wake()
        metrics.policy_in_force(loaded.policy.version)

    async def watch(self, seconds: float) -> Never:
        """Reads the files again when they changed, and when asked to; with 0 seconds only when asked to."""
        before: Signature | None = self.seen
        while True:
            if await self.wake.wait(seconds):
                await self.reload()
            now = await self.look() if seconds else self.seen
            if now is not None and now == before and now != self.seen:
                await self.reload()
            before = now

    async def look(self) -> Signature | None:
        """The files as they are; None, and that is told, when the disk does not say."""
        try:
            return await asyncio.to_thread(signature, self.folder)
        except OSError as error:
            self.seen = Signature(self.folder, ())  # So that the files count as changed once they can be seen again.
            if self.failure is None:
                self.failed(1, type(error).__name__)
                self.metrics.reloaded("failed", stale=True)
            return None

    def ask(self) -> None:
        """Has the files read again at once."""
        self.wake.ask()

    async def reload(self) -> Result:
        async with self.reading:
            try:
                self.seen = await asyncio.to_thread(signature, self.folder)
                load = partial(self.load, identify=self.current.identify)
                reading = await asyncio.to_thread(read_steadily, self.folder, load)
            except Exception as error:  # a defect in a compiler must not end the watching
                result = self.failed(1, type(error).__name__)
            else:
                self.seen = reading.signature
                result = self.take(reading)
        self.metrics.reloaded(result, stale=self.failure is not None)
        return result

    def take(self, reading: Reading) -> Result:
        match reading.result:
            case Diagnostics() as diagnostics:
                return self.failed(len(diagnostics.errors), diagnostics.first)
            case PolicySet() as policy if policy.version == self.current.version:
                self.failure = None
                return "unchanged"
            case PolicySet() as policy:
                self.current, self.loaded_at, self.failure = policy, time(), None
                self.metrics.policy_in_force(policy.version)
                log("info", "policy_loaded", version=policy.version, rules=len(policy.rules))
                return "loaded"

    def failed(self, errors: int, told: str) -> Result:
        since = time() if self.failure is None else self.failure.since
        self.failure = Failure(since, errors, told)
        log("error", "policy_reload_failed", errors=errors, first=told, kept=self.current.version)
        return "failed"
