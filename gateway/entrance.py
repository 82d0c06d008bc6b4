"""Where every request comes in: shed, known by its key, counted against its tenant's limits, all before its body is
read. What is refused here is counted and logged but not audited: a flood of requests must not become one of records.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import time

from starlette.types import Scope, Send

from gateway.access.access import Access
from gateway.access.caller import Caller, Refusal, identify
from gateway.access.carried import carried
from gateway.access.keyset import KeySet
from gateway.access.told import limit_headers, over_concurrency, over_rate
from gateway.act import refuse
from gateway.connection import Presence
from gateway.deliver import deliver
from gateway.errors import BadRequest, RequestError
from gateway.gateway import Gateway
from gateway.incoming import Incoming, incoming
from gateway.observe.logs import log
from gateway.overload.shedding import overloaded
from gateway.surfaces.surface import Place
from gateway.trace import Trace

UNAUTHORIZED = 401
CHALLENGE = (b"www-authenticate", b"Bearer")


@asynccontextmanager
async def admitted(gateway: Gateway, place: Place, scope: Scope, send: Send) -> AsyncIterator[Incoming | None]:
    """The request as it may go on, which is under way while the block runs; None when it was refused, and that has been
    sent.
    """
    if gateway.workload.full:
        arrived = incoming(scope, tenant_header=gateway.tenant_header)
        gateway.metrics.shed[(place.name,)].inc()
        log("info", "request_shed", request_id=arrived.request_id, surface=place.name)
        await turn_away(gateway, place, arrived, overloaded(), send)
        yield None
    elif gateway.access is None:
        with gateway.workload.carrying():
            yield incoming(scope, tenant_header=gateway.tenant_header)
    else:
        with gateway.workload.carrying():
            async with known(gateway, gateway.access, place, scope, send) as one:
                yield one


@asynccontextmanager
async def known(
    gateway: Gateway, access: Access, place: Place, scope: Scope, send: Send
) -> AsyncIterator[Incoming | None]:
    """The request of a tenant that its key, and the tenant's limits, let in."""
    arrived, refusal = await examine(gateway, access, place, scope)
    if refusal is None:
        with access.limiter.carrying(arrived.tenant):
            yield arrived
        return
    gateway.metrics.access.refused[place.name, refusal.reason].inc()
    told = {"surface": place.name, "reason": refusal.reason, "key": refusal.key}
    log("info", "request_refused", request_id=arrived.request_id, **told)
    await turn_away(gateway, place, arrived, refusal.error, send)
    yield None


async def examine(gateway: Gateway, access: Access, place: Place, scope: Scope) -> tuple[Incoming, Refusal | None]:
    """The request without the gateway's key, and why it may not go on."""
    arrived, caller = whose(gateway, access.ring.current, place, scope)
    if isinstance(caller, Refusal):
        return arrived, caller
    return await counted(access, replace(arrived, tenant=caller.tenant), caller)


def whose(gateway: Gateway, keys: KeySet, place: Place, scope: Scope) -> tuple[Incoming, Caller | Refusal]:
    url = b"%b?%b" % (scope["raw_path"], scope["query_string"])
    found, header = carried(scope["headers"], url), gateway.tenant_header
    if isinstance(found, Refusal):
        return incoming(scope, tenant_header=header), found
    arrived = incoming(scope, tenant_header=header, passing=found.headers)
    named = {value.decode("latin-1") for name, value in found.headers if header and name == header.lower().encode()}
    if len(named) > 1:
        return arrived, two_tenants(str(header))
    return arrived, identify(keys, found.key, place.name, named.pop() if named else None, time())


def two_tenants(header: str) -> Refusal:
    """Behind the gateway another of them may be taken for the request's."""
    told = f"`{header}` is there twice, with different tenants: send it once"
    return Refusal("tenant", BadRequest(told, code="invalid_header", param=header))


async def counted(access: Access, arrived: Incoming, caller: Caller) -> tuple[Incoming, Refusal | None]:
    """Against the tenant's limits. The cheap one is looked at first, and again where others may have come in while
    the store was asked.
    """
    allowance, limiter = access.ring.current.allowances.of(caller.tenant), access.limiter
    if limiter.full(caller.tenant, allowance):
        return arrived, over_concurrency(allowance.concurrency, caller.key)
    standing = await limiter.count(caller.tenant, allowance)
    arrived = replace(arrived, limits=limit_headers(standing))
    if standing is not None and not standing.admitted:
        return arrived, over_rate(standing, caller.key)
    if limiter.full(caller.tenant, allowance):
        return arrived, over_concurrency(allowance.concurrency, caller.key)
    return arrived, None


async def turn_away(gateway: Gateway, place: Place, arrived: Incoming, error: RequestError, send: Send) -> None:
    trace = Trace(arrived, place.name, gateway.policies.current)
    reply = refuse(place, error, action="error")
    if error.status == UNAUTHORIZED:
        reply = replace(reply, headers=[*reply.headers, CHALLENGE])
    trace.reply = reply
    await deliver(reply, trace.headers(), send, Presence(), trace.first_byte)
