"""What signals mean: SIGINT and SIGTERM stop, SIGHUP has the policies and keys read again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STDIN = 0


class Signals:
    """Handles them from the first moment: until something serves, a stop cancels the start and a reload waits."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.serving: tuple[Callable[[], None], Callable[[], None]] | None = None
        self.reload_later = False
        self.interactive = os.isatty(STDIN)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.hangup)

    def serve(self, stop: Callable[[], None], reload: Callable[[], None]) -> None:
        """From now on the signals are these calls."""
        self.serving = stop, reload
        if self.reload_later:
            reload()

    def stop(self) -> None:
        if self.serving is not None:
            self.serving[0]()
        elif self.task is not None:
            self.task.cancel()

    def hangup(self) -> None:
        """A terminal that is closed sends SIGHUP too, and is then none any more: what ran in it must not stay."""
        if self.interactive and not os.isatty(STDIN):
            self.stop()
        elif self.serving is not None:
            self.serving[1]()
        else:
            self.reload_later = True

    @contextmanager
    def starting(self) -> Iterator[None]:
        """A stop during the start is an end like any other."""
        try:
            yield
        except asyncio.CancelledError:
            if self.serving is not None or (self.task is not None and self.task.uncancel() > 0):
                raise
