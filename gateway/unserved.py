"""What is said of a request that meets no surface: its path is not served, or it is no HTTP, or we failed."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from gateway.act import JSON, Reply
from gateway.errors import BadRequest, RequestError
from gateway.gateway import Gateway
from gateway.incoming import incoming
from gateway.surfaces.messages.error import error_body as message_error_body
from gateway.surfaces.openai_error import error_body
from gateway.trace import Trace


def told(request: Request, error: RequestError, headers: Mapping[str, str] | None = None) -> Response:
    """The error in the shape of the API that its path is of, with the headers that say what happened."""
    gateway: Gateway = request.app.state.gateway
    trace = Trace(incoming(request.scope, tenant_header=None), "none", gateway.policies.current)
    written = message_error_body if request.scope["path"].startswith("/v1/messages") else error_body
    body = written(error)
    trace.reply = Reply("error", error.status, JSON, body)
    response = Response(body, error.status, headers, "application/json")
    response.raw_headers.extend(trace.headers())
    return response


def not_served(request: Request, known: str, status: int, headers: Mapping[str, str] | None) -> Response:
    """An unknown path or method."""
    error = BadRequest(
        f"`{request.method} {request.scope['path']}` is not served: what the gateway cannot judge it does not forward."
        f" It serves {known}",
        code="unknown_endpoint",
    )
    error.status = status
    return told(request, error, headers)


async def refused_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return told(request, error)


async def broken(request: Request, error: Exception) -> Response:
    """A defect of ours: nothing was forwarded, and nothing of it is told."""
    del error
    return told(request, RequestError("the gateway failed: see its log", code="internal_error"))


async def no_websocket(request: Request) -> Response:
    """None is carried, and the client is told so in HTTP."""
    error = BadRequest(
        f"`{request.scope['path']}` is a WebSocket, which the gateway does not carry, whatever a policy says: nobody"
        " could judge what passes there",
        code="websocket_unsupported",
    )
    return told(request, error)


async def denied_websocket(websocket: WebSocket) -> None:
    """Under a server that speaks WebSocket itself: refused before it opens."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        as_http = {**websocket.scope, "type": "http", "method": "GET"}
        await websocket.send_denial_response(await no_websocket(Request(as_http)))
    else:
        await websocket.close()
