"""`/healthz`: the process runs. `/coverage`: what is judged. `/readyz`: guardians and upstreams answer, and which
policies are in force. `/metrics`: Prometheus.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import cast

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.gateway import Gateway
from gateway.policies import Policies
from gateway.surfaces.served import coverage
from gateway.upstream.endpoint import Endpoint

PROBE_SECONDS = 2.0


async def healthz(request: Request) -> Response:
    del request
    return PlainTextResponse("ok\n")


async def shown_coverage(request: Request) -> Response:
    del request
    return JSONResponse([asdict(cell) for cell in coverage()])


async def readyz(request: Request) -> Response:
    gateway = cast(Gateway, request.app.state.gateway)
    guardians = {name: guardian.endpoint for name, guardian in gateway.guardians.items()}
    states = await asyncio.gather(*(probe(e) for e in (*guardians.values(), *gateway.upstreams.values())))
    told = dict(zip(guardians, states[: len(guardians)], strict=True))
    upstreams = dict(zip(gateway.upstreams, states[len(guardians) :], strict=True))
    ready = all(answers(gateway, told, name) for name in told) and set(upstreams.values()) <= {"ok"}
    body = {"ready": ready, "policy": in_force(gateway.policies), "guardians": told, "upstreams": upstreams}
    return JSONResponse(body, 200 if ready else 503)


def answers(gateway: Gateway, states: Mapping[str, str], name: str) -> bool:
    """Whether there is someone to ask: the guardian, or who stands in for it."""
    fallback = gateway.guardians[name].fallback
    return states[name] == "ok" or (fallback is not None and answers(gateway, states, fallback))


def in_force(policies: Policies) -> dict[str, object]:
    """Files that are wrong do not make the gateway unready: the last good set decides."""
    told: dict[str, object] = {"version": policies.current.version, "loaded_at": moment(policies.loaded_at)}
    if (failure := policies.failure) is not None:
        told["stale"] = {"since": moment(failure.since), "errors": failure.errors, "first": failure.first}
    return told


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


async def metrics(request: Request) -> Response:
    body, content_type = cast(Gateway, request.app.state.gateway).metrics.render()
    return Response(body, media_type=content_type)


async def probe(endpoint: Endpoint) -> str:
    """`ok` when the service answers at all; one that wants a key the gateway does not hold is reachable."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            response = await endpoint.send("GET", "/models", [])
            await response.aclose()
    except TimeoutError:
        return f"no answer in {PROBE_SECONDS:.0f} s"
    except httpx.TransportError as error:
        return f"unreachable: {type(error).__name__}"
    return "ok" if response.status < 500 else f"status {response.status}"
