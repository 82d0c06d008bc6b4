"""The story of a request that nobody judges: refused, or passed to the upstream as it is where a policy names it."""

from __future__ import annotations

from starlette.types import Receive, Send

from gateway.act import forward
from gateway.connection import cancelled_on_disconnect
from gateway.flow import story, told
from gateway.gateway import Gateway
from gateway.incoming import Incoming, read_body
from gateway.surfaces.passing import Passed
from gateway.trace import Trace
from gateway.types import Query
from gateway.unscanned import Unscanned


async def pass_on(gateway: Gateway, place: Passed, incoming: Incoming, receive: Receive, send: Send) -> None:
    """One request, from its headers to its record. Of one that is refused the body is not read."""
    async with story(gateway, place, incoming, send) as trace:
        admit(place, trace)
        body = await read_body(receive, incoming.headers, limit=gateway.body_bytes, seconds=gateway.body_seconds)
        async with cancelled_on_disconnect(receive) as presence:
            trace.reply = await forward(gateway, place, incoming, body, gateway.route(place), incoming.method)
            await told(trace, send, presence)


def admit(place: Passed, trace: Trace) -> None:
    """Raises a RequestError unless a policy file that applies names the group. It may look at who asks, and when."""
    incoming = trace.incoming
    asked = Query(
        surface=place.name,
        raw=b"",
        body={},
        model="",
        messages=(),
        request_id=incoming.request_id,
        tenant=incoming.tenant,
        headers=incoming.headers,
        received=trace.started,
    )
    if place.name not in trace.policy.lets_pass(asked):
        raise place.closed()
    trace.admitted([Unscanned(place.name, place.path, "endpoint")])
