"""What signals mean: SIGINT and SIGTERM stop, SIGHUP has the policies read again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

STDIN = 0


def handle(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """A terminal that is closed sends SIGHUP too, and is then none any more: what ran in it must not stay."""
    loop, interactive = asyncio.get_running_loop(), os.isatty(STDIN)

    def on_hangup() -> None:
        (stop if interactive and not os.isatty(STDIN) else reload)()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, on_hangup)
