"""`gateway serve` and `gateway demo`: the gateway as a process, from its settings to its last byte."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from rich.console import Console

from gateway.app import Progress, build_app, open_gateway
from gateway.cli.listen import listening_socket, loop_factory
from gateway.cli.signals import handle
from gateway.cli.welcome import Steps, welcome
from gateway.gateway import Gateway
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


async def main(settings: Settings, sock: socket.socket, *, local_upstream: bool) -> None:
    """Opens the parts, serves until a signal comes, closes them."""
    steps, life = Steps(Console(stderr=True)), Life()
    handle(life.stop, life.reload)

    def ready(gateway: Gateway) -> None:
        steps.done()
        print_plain(steps.console, welcome(settings, gateway.policies.current.version))

    with life.stoppable():
        try:
            async with upstream(settings, steps, local=local_upstream) as complete:
                steps.say("starting the guardian")
                await life.serve(complete, sock, steps.building, ready)
        finally:
            steps.done()


def print_plain(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)


class Server(uvicorn.Server):
    """uvicorn, with the signals left to `Life`: what is open beside it must be closed too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Life:
    """What a signal reaches: the task while it starts, the server once it serves."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.server: Server | None = None
        self.gateway: Gateway | None = None
        self.early_reload = False

    async def serve(
        self, settings: Settings, sock: socket.socket, progress: Progress, ready: Callable[[Gateway], None]
    ) -> None:
        async with open_gateway(settings, progress=progress) as self.gateway:
            if self.early_reload:
                self.reload()
            self.server = Server(config(build_app(self.gateway)))
            ready(self.gateway)
            await self.server.serve([sock])

    def stop(self) -> None:
        """A second call does not wait for open requests."""
        if self.server is not None:
            self.server.force_exit = self.server.should_exit
            self.server.should_exit = True
        elif self.task is not None:
            self.task.cancel()

    def reload(self) -> None:
        if self.gateway is None:
            self.early_reload = True
        else:
            self.gateway.policies.ask()

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """A stop during the start is an end like any other."""
        try:
            yield
        except asyncio.CancelledError:
            if self.server is not None or (self.task is not None and self.task.uncancel() > 0):
                raise


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
