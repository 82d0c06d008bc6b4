"""`gateway serve` and `gateway demo`: the gateway as a process, from its settings to its last byte."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from rich.console import Console

from gateway.app import build_app, open_gateway
from gateway.cli.listen import listening_socket, loop_factory
from gateway.cli.welcome import Steps, welcome
from gateway.observe import logs
from gateway.settings import Settings, UpstreamSettings, load_settings

DRAIN_SECONDS = 10


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


class Server(uvicorn.Server):
    """uvicorn, with the signals left to `main`: what is open beside it must be closed too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def main(settings: Settings, sock: socket.socket, *, local_upstream: bool) -> None:
    """Opens the parts, serves until a signal comes, closes them. A second signal does not wait for open requests."""
    server: Server | None = None
    task = asyncio.current_task()
    assert task is not None

    def on_signal() -> None:
        if server is None:
            task.cancel()
        else:
            server.force_exit = server.should_exit
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    steps = Steps(Console(stderr=True))
    try:
        async with upstream(settings, steps, local=local_upstream) as complete:
            steps.say("starting the guardian")
            async with open_gateway(complete, progress=steps.building) as gateway:
                steps.done()
                server = Server(config(build_app(gateway)))
                steps.console.print(welcome(complete, gateway), soft_wrap=True, highlight=False, markup=False)
                await server.serve([sock])
    except asyncio.CancelledError:
        if server is not None or task.uncancel() > 0:
            raise
    finally:
        steps.done()


def config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


@asynccontextmanager
async def upstream(settings: Settings, steps: Steps, *, local: bool) -> AsyncIterator[Settings]:
    """The settings, completed with the local upstream when that is wanted."""
    if not local:
        yield settings
        return
    from gateway.embedded.models import UPSTREAM_ALIAS, base_model
    from gateway.embedded.process import model_server

    steps.say("starting the local upstream (SmolLM2-135M-Instruct)")
    async with model_server(base_model(), UPSTREAM_ALIAS, settings.embedded) as base_url:
        own = UpstreamSettings(
            base_url=base_url, api_key=None, connect_seconds=5, read_seconds=600, max_connections=1000
        )
        yield settings.model_copy(update={"upstream": own})
