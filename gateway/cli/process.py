"""One process that serves: the parts are opened, the server runs until it is stopped, and all is closed."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from gateway.app import build_app
from gateway.assembly.model_servers import Progress
from gateway.assembly.opening import open_gateway
from gateway.cli.protocol import Protocol
from gateway.cli.signals import Signals
from gateway.gateway import Gateway
from gateway.settings import Settings

DRAIN_SECONDS = 10


class Server(uvicorn.Server):
    """uvicorn, with the signals left to `Signals`: what is open beside it must be closed too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """A second call does not wait for open requests."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def serve(
    settings: Settings, sock: socket.socket, signals: Signals, progress: Progress, ready: Callable[[Gateway], None]
) -> None:
    async with open_gateway(settings, progress=progress) as gateway:
        server = Server(config(build_app(gateway)))
        signals.serve(server.stop, gateway.reload)
        ready(gateway)
        await server.serve([sock])


def config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
