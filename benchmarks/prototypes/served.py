"""The whole gateway as an ASGI application that opens its parts in the lifespan, so that any server can serve it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from gateway.app import build_app
from gateway.assembly.opening import open_gateway
from gateway.environment import load_settings


class Served:
    def __init__(self) -> None:
        self.app: Starlette | None = None
        self.stack = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
        elif self.app is not None:
            await self.app(scope, receive, send)

    async def lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        gateway = await self.stack.enter_async_context(open_gateway(load_settings(), progress=lambda share: None))
        self.app = build_app(gateway)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})


app = Served()
