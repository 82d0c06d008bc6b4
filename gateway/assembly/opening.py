"""Where the parts are made and joined: settings in, a gateway out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from gateway.access.ring import KeyRing
from gateway.assembly.access import open_access
from gateway.assembly.guardians import open_guardians, plain
from gateway.assembly.model_servers import Progress, open_models
from gateway.assembly.parts import in_parts
from gateway.assembly.preflight import checked, policy_loader
from gateway.assembly.verdict_cache import open_cache
from gateway.gateway import Gateway
from gateway.guardian.family import families
from gateway.observe.audit import Audit
from gateway.observe.metrics import Metrics
from gateway.overload.workload import Workload
from gateway.policies import Policies
from gateway.settings import Settings, UpstreamSettings
from gateway.upstream.endpoint import Endpoint, open_endpoint


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
        access = open_access(settings, opened.access)
        if access is not None:
            stack.push_async_callback(access.aclose)
            await stack.enter_async_context(watched(access.ring, settings.access.poll_seconds))
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
            body_seconds=settings.limits.body_seconds,
            tenant_header=settings.tenant_header,
            routes=settings.routes,
            access=access,
            conversation_key=(plain(settings.conversation_key) or "").encode(),
        )
        stack.push_async_callback(gateway.aclose)
        await stack.enter_async_context(watched(policies, settings.policies_poll_seconds))
        yield gateway


@asynccontextmanager
async def watched(files: Policies | KeyRing, seconds: float) -> AsyncIterator[None]:
    task = asyncio.ensure_future(files.watch(seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def upstream_endpoint(settings: UpstreamSettings) -> Endpoint:
    seconds = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds, pool=settings.connect_seconds)
    return open_endpoint(
        settings.base_url,
        plain(settings.api_key),
        seconds,
        connections=settings.max_connections,
        header=settings.key_header,
    )
