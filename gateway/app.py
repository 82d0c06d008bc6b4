"""Where the parts are made and joined: settings in, an ASGI application out. Nothing else reads the settings but the
CLI.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway import flow
from gateway.asking import in_parts, open_cache
from gateway.errors import BadRequest, ConfigurationError, RequestError
from gateway.gateway import Gateway
from gateway.guardian.family import Family, families
from gateway.guardian.judge import Guardian
from gateway.guardian.taxonomy import TAXONOMY
from gateway.guardians import Progress, calibration, open_guardians, open_models, plain
from gateway.health import healthz, metrics, readyz, shown_coverage
from gateway.joining import family_of, in_order, joined_cards, reached
from gateway.observe.audit import Audit
from gateway.observe.metrics import Metrics
from gateway.policies import Loaded, Policies
from gateway.policy import Diagnostics, load
from gateway.policy.folder import Load, read_steadily
from gateway.settings import Settings, UpstreamSettings
from gateway.shedding import shed
from gateway.surfaces.chat import Chat
from gateway.surfaces.models import Models
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.surface import Surface
from gateway.types import Catalog, Message, Outcome, Passage
from gateway.upstream.endpoint import Endpoint, open_endpoint
from gateway.workload import Workload

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


def surfaces() -> list[Surface]:
    return [Chat()]


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
        gateway, place = scope["app"].state.gateway, Models(model)
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
    return Response(error_body(told), error.status_code, error.headers, "application/json")


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


@asynccontextmanager
async def open_gateway(settings: Settings, *, progress: Progress) -> AsyncIterator[Gateway]:
    """The parts, opened in order; a ConfigurationError says what is wrong with which setting."""
    known = families()
    reading = await asyncio.to_thread(checked, settings)
    async with AsyncExitStack() as stack:
        complete = await stack.enter_async_context(open_models(settings, progress=progress))
        opened = Metrics()
        audit = (
            await Audit.open(settings.audit.url, content=settings.audit.content, metrics=opened)
            if settings.audit.url
            else None
        )
        if audit is not None:
            stack.push_async_callback(audit.aclose)
        cache = open_cache(complete, opened.passage)
        stack.push_async_callback(cache.aclose)
        policies = Policies(settings.policies, policy_loader(settings, known), reading, opened)
        gateway = Gateway(
            policies=policies,
            guardians={
                name: in_parts(one, complete.guardians[name], opened.passage)
                for name, one in open_guardians(complete, known, opened.guardian, kept=cache.before).items()
            },
            upstreams={name: upstream_endpoint(upstream) for name, upstream in settings.all_upstreams.items()},
            audit=audit,
            metrics=opened,
            workload=Workload(settings.limits.requests),
            body_bytes=settings.limits.body_bytes,
            tenant_header=settings.tenant_header,
            conversation_key=(plain(settings.conversation_key) or "").encode(),
        )
        stack.push_async_callback(gateway.aclose)
        await stack.enter_async_context(watched(policies, settings.policies_poll_seconds))
        yield gateway


@asynccontextmanager
async def watched(policies: Policies, seconds: float) -> AsyncIterator[None]:
    task = asyncio.ensure_future(policies.watch(seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def checked(settings: Settings) -> Loaded:
    """What can be told before anything is started: that there is an upstream, that calibrations and policies load."""
    if not settings.all_upstreams:
        raise ConfigurationError(
            "no upstream: set `GATEWAY_UPSTREAM__BASE_URL` to an OpenAI-compatible service,"
            " or run `gateway demo` for a local one"
        )
    for name, guardian in settings.guardians.items():
        calibration(name, guardian)
    reading = read_steadily(settings.policies, policy_loader(settings, families()))
    if isinstance(reading.result, Diagnostics):
        raise ConfigurationError(f"the policies in `{settings.policies}` have errors:\n{reading.result}")
    return Loaded(reading.signature, reading.result)


def policy_loader(settings: Settings, known: Mapping[str, Family]) -> Load:
    return partial(load, catalog=catalog(settings, known), categories=TAXONOMY)


def catalog(settings: Settings, known: Mapping[str, Family]) -> Catalog:
    """What policies may name."""
    own = {name: family_of(name, guardian, known).CARD for name, guardian in settings.guardians.items()}
    return Catalog(
        guardians=joined_cards(own, settings.guardians),
        upstreams=frozenset(settings.all_upstreams) | {"default"},
    )


def upstream_endpoint(settings: UpstreamSettings) -> Endpoint:
    seconds = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds, pool=settings.connect_seconds)
    return open_endpoint(settings.base_url, plain(settings.api_key), seconds, connections=settings.max_connections)


@asynccontextmanager
async def open_judge(settings: Settings, name: str) -> AsyncIterator[Callable[[str], Awaitable[Outcome]]]:
    """One guardian as a function from a text to its outcome: what evaluation and the playground judge through."""
    async with open_one(settings, name) as guardian:

        async def judge(text: str) -> Outcome:
            judgement = await guardian.judge(Passage((Message("user", (text,)),)))
            await judgement.aclose()
            return judgement.outcome

        yield judge


@asynccontextmanager
async def open_one(settings: Settings, name: str) -> AsyncIterator[Guardian]:
    """One guardian, with those that it refers to."""
    known = families()
    if name not in settings.guardians:
        raise ConfigurationError(
            f"there is no guardian `{name}`: the settings have {', '.join(sorted(settings.guardians))}"
        )
    in_order(settings.guardians)
    needed = {one: settings.guardians[one] for one in reached(name, settings.guardians)}
    for one, wanted in needed.items():
        family_of(one, wanted, known)
    async with open_models(settings.model_copy(update={"guardians": needed}), progress=lambda share: None) as complete:
        opened = open_guardians(complete, known, Metrics().guardian)
        try:
            yield in_parts(opened[name], complete.guardians[name])
        finally:
            for guardian in opened.values():
                await guardian.aclose()
