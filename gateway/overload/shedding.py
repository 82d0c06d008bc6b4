"""Load shedding: with too many requests at work, the next is refused before its body is read."""

from __future__ import annotations

from starlette.types import Scope, Send

from gateway.act import refuse
from gateway.connection import Presence
from gateway.deliver import deliver
from gateway.errors import Unavailable
from gateway.gateway import Gateway
from gateway.incoming import incoming
from gateway.observe.logs import log
from gateway.surfaces.surface import Place
from gateway.trace import Trace

RETRY_SECONDS = 1.0


async def shed(gateway: Gateway, surface: Place, scope: Scope, send: Send) -> bool:
    """Whether the request was refused. That is counted and logged but not audited: a flood of requests must not become
    one of records.
    """
    if not gateway.workload.full:
        return False
    trace = Trace(incoming(scope, tenant_header=gateway.tenant_header), surface.name, gateway.policies.current)
    error = Unavailable("the gateway has too much to do: try again in a second", code="overloaded")
    error.retry_after = RETRY_SECONDS
    reply = trace.reply = refuse(surface, error, action="error")
    gateway.metrics.shed[(surface.name,)].inc()
    log("info", "request_shed", request_id=trace.incoming.request_id, surface=surface.name)
    await deliver(reply, trace.headers(), send, Presence(), trace.first_byte)
    return True
