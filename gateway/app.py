"""The ASGI application over an open gateway: its paths, and what is said of every other."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway import flow
from gateway.errors import BadRequest, RequestError
from gateway.gateway import Gateway
from gateway.health import healthz, metrics, readyz, shown_coverage
from gateway.overload.shedding import shed
from gateway.surfaces.messages.error import error_body as message_error_body
from gateway.surfaces.models import Models
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.served import surfaces
from gateway.surfaces.surface import Surface

MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*(/[A-Za-z0-9][A-Za-z0-9._:@-]*)*")


def build_app(gateway: Gateway) -> Starlette:
    """The ASGI application over parts that are open already."""
    app = Starlette(
        routes=routes(), exception_handlers={HTTPException: refused, RequestError: refused_request, 500: broken}
    )
    app.router.redirect_slashes = False
    app.state.gateway = gateway
    return app


def routes() -> list[Route]:
    """Every path there is: what is not here is refused, since it could not be judged."""
    return [
        *(Route(surface.path, Judged(surface), methods=["POST"]) for surface in surfaces()),
        Route("/v1/models", Relayed(), methods=["GET"]),
        Route("/v1/models/{model:path}", Relayed(), methods=["GET"]),
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
        if not await shed(gateway, self.surface, scope, send):
            with gateway.workload.carrying():
                await flow.answer(gateway, self.surface, scope, receive, send)


class Relayed:
    """The models endpoints as an ASGI endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        model = scope["path_params"].get("model")
        if model is not None and not MODEL_ID.fullmatch(model):
            raise BadRequest(f"`{model}` is not the name of a model", code="invalid_model", param="model")
        anthropic = any(name == b"anthropic-version" for name, _ in scope["headers"])
        gateway, place = scope["app"].state.gateway, Models(model, anthropic=anthropic)
        if not await shed(gateway, place, scope, send):
            with gateway.workload.carrying():
                await flow.relay(gateway, place, scope, receive, send)


async def refused(request: Request, error: Exception) -> Response:
    """An unknown path or method, as an OpenAI error."""
    assert isinstance(error, HTTPException)
    known = ", ".join(sorted(route.path for route in routes()))
    told = BadRequest(
        f"`{request.method} {request.url.path}` is not served: what the gateway cannot judge it does not forward."
        f" It serves {known}",
        code="unknown_endpoint",
    )
    told.status = error.status_code
    body = message_error_body(told) if request.url.path.startswith("/v1/messages") else error_body(told)
    return Response(body, told.status, error.headers, "application/json")


async def refused_request(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestError)
    return Response(error_body(error), error.status, media_type="application/json")


async def broken(request: Request, error: Exception) -> Response:
    """A defect of ours: nothing was forwarded, and nothing of it is told."""
    del request, error
    return Response(
        error_body(RequestError("the gateway failed: see its log", code="internal_error")),
        500,
        media_type="application/json",
    )
