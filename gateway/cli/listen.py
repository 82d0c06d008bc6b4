"""The port and the event loop that the server runs on."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.errors import ConfigurationError


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Bound before anything is loaded, so that a port in use is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            raise ConfigurationError(not_bound(host, port, error)) from None
        yield sock


def not_bound(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: stop what listens there, or set `GATEWAY_PORT` to another"
    return f"cannot listen on {host}:{port}: {error.strerror}: see `GATEWAY_HOST` and `GATEWAY_PORT`"


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
