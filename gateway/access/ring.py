"""The keys in force: one set, replaced whole when its file changes. While the file is wrong or gone, the last good set
decides, and that is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Never

from gateway.access.keyset import KeySet
from gateway.observe.access_metrics import AccessMetrics
from gateway.observe.logs import log
from gateway.policy.diagnostics import Diagnostics
from gateway.wake import Wake

Load = Callable[[Path], KeySet | Diagnostics]
Signature = tuple[int, int, int, int]
Result = Literal["loaded", "unchanged", "failed"]
NOWHERE: Signature = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A good set and the state of the file that it came from."""

    signature: Signature
    keys: KeySet


class KeyRing:
    """`current` is the set in force."""

    def __init__(self, path: Path, load: Load, loaded: Loaded, metrics: AccessMetrics) -> None:
        self.path = path
        self.load = load
        self.current, self.seen = loaded.keys, loaded.signature
        self.metrics = metrics
        self.wake = Wake()

    async def watch(self, seconds: float) -> Never:
        """Reads the file again when it has changed and lies still, and when asked to; with 0 seconds only then."""
        before = self.seen
        while True:
            if await self.wake.wait(seconds):
                await self.reload()
            now = await asyncio.to_thread(signature, self.path) if seconds else self.seen
            if now == before != self.seen:
                await self.reload()
            before = now

    def ask(self) -> None:
        """Has the file read again at once."""
        self.wake.ask()

    async def reload(self) -> None:
        self.seen = await asyncio.to_thread(signature, self.path)
        try:
            found = await asyncio.to_thread(self.load, self.path)
        except Exception as error:  # a file that cannot be read, or a defect of ours, must not end the watching
            result = failed(type(error).__name__)
        else:
            result = self.take(found)
        self.metrics.reloads[(result,)].inc()
        self.metrics.stale.set(result == "failed")

    def take(self, found: KeySet | Diagnostics) -> Result:
        if isinstance(found, Diagnostics):
            return failed(found.first)
        if found == self.current:
            return "unchanged"
        self.current = found
        log("info", "keys_loaded", keys=len(found.keys), tenants=len(found.allowances.tenants))
        return "loaded"


def failed(told: str) -> Result:
    log("error", "key_reload_failed", first=told)
    return "failed"


def signature(path: Path) -> Signature:
    """Equal while the file is the same; that of no file when there is none."""
    try:
        found = path.stat()
    except OSError:
        return NOWHERE
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
