"""`gateway serve` and `gateway demo`: from the settings to processes that serve, and to their end."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from gateway.assembly.model_servers import open_models
from gateway.assembly.preflight import checked
from gateway.cli import process
from gateway.cli.listen import listening_socket, loop_factory
from gateway.cli.signals import Signals
from gateway.cli.supervisor import Supervisor
from gateway.cli.upstream import upstream
from gateway.cli.welcome import Steps, welcome
from gateway.environment import load_settings
from gateway.observe import logs
from gateway.settings import Settings


def serve() -> None:
    """Serve the gateway. Its settings are `GATEWAY_*` environment variables."""
    run(load_settings(), local_upstream=False)


def demo() -> None:
    """Serve with a small local upstream: no key, no other service. `GATEWAY_UPSTREAM__BASE_URL` names another
    upstream.
    """
    settings = load_settings()
    run(settings, local_upstream=settings.upstream is None)


def run(settings: Settings, *, local_upstream: bool) -> None:
    logs.configure(settings.log_level, json=settings.log_format == "json")
    with listening_socket(settings.host, settings.port) as sock, asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main(settings, sock, local_upstream=local_upstream))


async def main(settings: Settings, sock: socket.socket, *, local_upstream: bool) -> None:
    """In this process with one worker; with more, in processes that this one looks after."""
    steps, signals = Steps(Console(stderr=True)), Signals()
    served = here if settings.workers == 1 else by_workers
    with signals.starting():
        try:
            async with upstream(settings, steps, local=local_upstream) as complete:
                steps.say("starting the guardian")
                await served(complete, sock, signals, steps)
        finally:
            steps.done()


async def here(settings: Settings, sock: socket.socket, signals: Signals, steps: Steps) -> None:
    await process.serve(
        settings,
        sock,
        signals,
        steps.building,
        lambda gateway: steps.finish(welcome(settings, gateway.policies.current.version)),
    )


async def by_workers(settings: Settings, sock: socket.socket, signals: Signals, steps: Steps) -> None:
    """Models are started once, here: a worker is told where they are."""
    loaded = await asyncio.to_thread(checked, settings)
    async with open_models(settings, progress=steps.building) as complete:
        with TemporaryDirectory(prefix="guardian-gateway-") as metrics:
            steps.say(f"starting {settings.workers} workers")
            supervisor = Supervisor(complete, sock, Path(metrics))
            await supervisor.run(signals, lambda: steps.finish(welcome(settings, loaded.policy.version)))
