"""Several worker processes behind one listening socket: started, told of signals, replaced when they die, and ended
together.

A worker's standard input brings its settings and then stays open: however this process ends, it closes, and the worker
ends too. On its standard output it says that it serves, or why it cannot.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from time import monotonic

from gateway.cli.process import DRAIN_SECONDS
from gateway.cli.signals import Signals
from gateway.cli.worker import READY
from gateway.errors import ConfigurationError
from gateway.observe.logs import log
from gateway.observe.registry import SHARED, forget
from gateway.settings import Settings, as_json

START_SECONDS = 60.0
END_SECONDS = DRAIN_SECONDS + 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
STEADY_SECONDS = 30.0
"""A worker that lived so long died of something new: its successor is started without a long pause."""


class Supervisor:
    """The workers of one socket. `metrics` is the folder through which they add up what they count."""

    def __init__(self, settings: Settings, sock: socket.socket, metrics: Path) -> None:
        self.settings = settings
        self.sock = sock
        self.metrics = metrics
        self.running: set[Process] = set()
        self.serving: set[Process] = set()
        self.reloads = 0
        self.started, self.stopping = asyncio.Event(), asyncio.Event()

    async def run(self, signals: Signals, ready: Callable[[], None]) -> None:
        """Until a signal comes. A ConfigurationError says why no worker can start."""
        keepers = [asyncio.create_task(self.keep()) for _ in range(self.settings.workers)]
        try:
            await happens(self.started, keepers)
            signals.serve(self.stop, self.reload)
            ready()
            await happens(self.stopping, keepers)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await self.end()

    async def keep(self) -> None:
        """A worker, and for ever another in the place of one that ended."""
        pause = FIRST_PAUSE
        while True:
            began = monotonic()
            if (worker := await self.attempt()) is not None:
                status = await worker.wait()
                self.gone(worker)
                log("error", "worker_ended", pid=worker.pid, status=status)
            pause = FIRST_PAUSE if monotonic() - began > STEADY_SECONDS else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def attempt(self) -> Process | None:
        """A worker that serves. One that cannot start is a reason to end while none ever could; later the others go
        on.
        """
        try:
            return await self.start()
        except ConfigurationError as error:
            if not self.started.is_set():
                raise
            log("error", "worker_failed", error=str(error).partition("\n")[0])
            return None

    async def start(self) -> Process:
        reloads = self.reloads
        worker = await self.spawn()
        self.running.add(worker)
        if (failure := await self.told(worker)) is not None:
            await worker.wait()
            self.gone(worker)
            raise ConfigurationError(failure)
        self.serving.add(worker)
        self.started.set()
        if reloads != self.reloads:
            worker.send_signal(signal.SIGHUP)
        log("info", "worker_started", pid=worker.pid)
        return worker

    async def spawn(self) -> Process:
        """In a session of its own: Ctrl-C reaches this process, which tells the workers."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli.worker", str(self.sock.fileno())),
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=(self.sock.fileno(),),
            start_new_session=True,
            env={**plain, SHARED: str(self.metrics)},
        )

    async def told(self, worker: Process) -> str | None:
        """Gives the worker its settings. None when it serves, else what it says is wrong."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(as_json(self.settings).encode() + b"\n")
        try:
            async with asyncio.timeout(START_SECONDS):
                with suppress(ConnectionError):
                    await worker.stdin.drain()
                line = await worker.stdout.readline()
                words = line if line == READY else line + await worker.stdout.read()
        except TimeoutError:
            worker.kill()
            return f"a worker did not start in {START_SECONDS:.0f} s"
        return None if words == READY else words.decode().strip() or "a worker ended at start: its error is above"

    def gone(self, worker: Process) -> None:
        self.running.discard(worker)
        self.serving.discard(worker)
        forget(worker.pid, self.metrics)

    def reload(self) -> None:
        """A worker that is still starting is told when it serves: until then the signal would end it."""
        self.reloads += 1
        self.send(signal.SIGHUP, self.serving)

    def stop(self) -> None:
        """A second call does not wait for open requests."""
        if self.stopping.is_set():
            self.send(signal.SIGTERM, self.running)
        self.stopping.set()

    async def end(self) -> None:
        """The socket first: a connection that nobody will accept must be refused."""
        self.sock.close()
        self.send(signal.SIGTERM, self.running)
        ends = [asyncio.ensure_future(worker.wait()) for worker in self.running]
        if ends:
            await asyncio.wait(ends, timeout=END_SECONDS)
        self.send(signal.SIGKILL, self.running)
        await asyncio.gather(*ends)

    def send(self, number: signal.Signals, workers: set[Process]) -> None:
        for worker in workers:
            if worker.returncode is None:
                with suppress(ProcessLookupError):
                    worker.send_signal(number)


async def happens(event: asyncio.Event, tasks: Collection[asyncio.Task[None]]) -> None:
    """Waits for the event; raises what ends one of the tasks, which have no end of their own."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    for one in done:
        await one
