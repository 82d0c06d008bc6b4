"""One of several workers: serves a socket that it inherits, until it is told to stop or its parent is gone.

    python -m gateway.cli.worker FD

Its settings come as one line on standard input. On standard output it says `ready`, or why it cannot serve.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from shutil import rmtree
from threading import Event, Thread
from time import sleep

from gateway.cli import process
from gateway.cli.listen import loop_factory
from gateway.cli.signals import STDIN, Signals
from gateway.errors import ConfigurationError
from gateway.gateway import Gateway
from gateway.observe import logs
from gateway.observe.registry import SHARED
from gateway.settings import Settings, from_json

READY = b"ready\n"
STDOUT, STDERR = 1, 2
LAST_SECONDS = process.DRAIN_SECONDS + 5.0


def main() -> None:
    orphaned = Event()
    try:
        if line := sys.stdin.readline():
            serve(from_json(line), orphaned)
        else:
            orphaned.set()
    finally:
        if orphaned.is_set():  # what the parent would have tidied up, once nothing is written there any more
            rmtree(os.environ[SHARED], ignore_errors=True)


def serve(settings: Settings, orphaned: Event) -> None:
    logs.configure(settings.log_level, json=settings.log_format == "json")
    try:
        with socket.socket(fileno=int(sys.argv[1])) as sock, asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(work(settings, sock, orphaned))
    except ConfigurationError as error:
        say(str(error).encode())
        sys.exit(2)


async def work(settings: Settings, sock: socket.socket, orphaned: Event) -> None:
    signals, loop = Signals(), asyncio.get_running_loop()

    def on_end() -> None:
        orphaned.set()
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(signals.stop)

    Thread(target=follow, args=(on_end,), daemon=True).start()
    with signals.starting():
        await process.serve(settings, sock, signals, lambda share: None, ready)


def follow(on_end: Callable[[], None]) -> None:
    """Waits for the parent's end. A thread, and in the end not a polite one: a loop that hangs must not outlive it."""
    os.read(STDIN, 1)
    on_end()
    sleep(LAST_SECONDS)
    os._exit(1)


def ready(gateway: Gateway) -> None:
    """Nobody reads what would be printed from now on, and a full pipe would stop the worker."""
    del gateway
    say(READY)
    os.dup2(STDERR, STDOUT)


def say(words: bytes) -> None:
    sys.stdout.buffer.write(words)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
