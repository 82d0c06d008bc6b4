"""The ASGI application over an open gateway: its paths, and what is said of every other."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from gateway import flow
from gateway.entrance import admitted
from gateway.errors import BadRequest, RequestError
from gateway.gateway import Gateway
from gateway.health import healthz, metrics, readyz, shown_coverage
from gateway.moderate import moderate
from gateway.passing import pass_on
from gateway.surfaces.models import Models
from gateway.surfaces.moderations import Moderations
from gateway.surfaces.passing import Passed, Pattern, patterns
from gateway.surfaces.served import surfaces
from gateway.surfaces.surface import Surface
from gateway.unserved import broken, denied_websocket, no_websocket, not_served, refused_request

MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*(/[A-Za-z0-9][A-Za-z0-9._:@-]*)*")
MODEL_PATH = "/v1/models/{model:path}"


def build_app(gateway: Gateway) -> Starlette:
    """The ASGI application over parts that are open already."""
    app = Starlette(
        routes=routes(), exception_handlers={HTTPException: refused, RequestError: refused_request, 500: broken}
    )
    app.router.redirect_slashes = False
    app.state.gateway = gateway
    return app


def routes() -> list[BaseRoute]:
    """Every path there is: what is not here is refused, since it could not be judged."""
    return [*served(), *(Route(one.route, Passing(one), methods=one.methods) for one in patterns()), *websockets()]


def served() -> list[Route]:
    """The paths that do something by themselves."""
    return [
        *(Route(surface.path, Judged(surface), methods=["POST"]) for surface in surfaces()),
        Route(Moderations.path, Moderated(), methods=["POST"]),
        Route("/v1/models", Relayed(), methods=["GET"]),
        Route(MODEL_PATH, Relayed(), methods=["GET"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/coverage", shown_coverage),
    ]


class Judged:
    """A surface as an ASGI endpoint."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway = scope["app"].state.gateway
        async with admitted(gateway, self.surface, scope, send) as incoming:
            if incoming is not None:
                await flow.answer(gateway, self.surface, incoming, receive, send)


class Moderated:
    """The moderations endpoint, which the guardian answers, as an ASGI endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway, place = scope["app"].state.gateway, Moderations()
        async with admitted(gateway, place, scope, send) as incoming:
            if incoming is not None:
                await moderate(gateway, place, incoming, receive, send)


class Relayed:
    """The models endpoints as an ASGI endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        model = scope["path_params"].get("model")
        if model is not None and not MODEL_ID.fullmatch(model):
            raise BadRequest(f"`{model}` is not the name of a model", code="invalid_model", param="model")
        gateway, place = scope["app"].state.gateway, Models(as_written(model, scope), anthropic=from_anthropic(scope))
        async with admitted(gateway, place, scope, send) as incoming:
            if incoming is not None:
                await flow.relay(gateway, place, incoming, receive, send)


def from_anthropic(scope: Scope) -> bool:
    """Whether a client of Anthropic's asks: some paths are in both APIs."""
    return any(name == b"anthropic-version" for name, _ in scope["headers"])


class Passing:
    """An endpoint that nobody judges as an ASGI endpoint. A path that is not written exactly so is none."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path: bytes = scope.get("raw_path") or b""
        if scope["method"] not in self.pattern.methods or not self.pattern.matches(raw_path):
            raise HTTPException(404)
        gateway = scope["app"].state.gateway
        place = Passed(self.pattern.group, raw_path.decode(), anthropic=from_anthropic(scope))
        async with admitted(gateway, place, scope, send) as incoming:
            if incoming is not None:
                await pass_on(gateway, place, incoming, receive, send)


def websockets() -> list[BaseRoute]:
    return [Route("/v1/realtime", no_websocket), WebSocketRoute("/{path:path}", denied_websocket)]


def as_written(model: str | None, scope: Scope) -> str | None:
    """The model's name as it stands in the path: `%2F` and `/` are the same name, and not the same path upstream."""
    written: str = scope["raw_path"].decode("ascii")
    prefix = MODEL_PATH.removesuffix("{model:path}")
    return written.removeprefix(prefix) if model is not None and written.startswith(prefix) else model


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = ", ".join(sorted(route.path.replace(":path", "") for route in served()))
    return not_served(request, known, error.status_code, error.headers)
