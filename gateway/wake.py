"""Waits for a while, or until someone asks: what watches a file sleeps by it."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Wake:
    """`ask` ends the `wait` that is under way, or else the next one."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    def ask(self) -> None:
        self.asked.set()

    async def wait(self, seconds: float) -> bool:
        """Whether someone asked before the time was over; with 0 seconds it waits until then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                await self.asked.wait()
        asked = self.asked.is_set()
        self.asked.clear()
        return asked
