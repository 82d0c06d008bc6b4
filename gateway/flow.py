"""The story of one query, whatever its surface: read, plan, judge, decide, act, deliver, record. Read this first.

query ──► policy.plan ──► guardians judge ──► policy.decide ──► forward │ respond │ block ──► client
                                                                   │ answer ──► review (output rules) ──┘
                                                                   └──► audit, metrics
Where a policy is `speculative`, the upstream is asked while the guardians judge: see `speculation`. What stands before
this story is `entrance`, what stands before a guardian `assembly`; docs/explain/architecture.md shows the whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.types import Receive, Send

from gateway.act import act, forward, noted, refuse
from gateway.connection import ClientGone, Presence, cancelled_on_disconnect
from gateway.deliver import deliver
from gateway.errors import BadRequest, RequestError
from gateway.framing import refuse_ambiguous
from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement
from gateway.incoming import Incoming, read_body
from gateway.judging import judge, passage_of, refuse_unscanned
from gateway.observe.logs import log
from gateway.output.review import review
from gateway.speculation import Speculation
from gateway.speech import close_unread
from gateway.surfaces.surface import Place, Reader, Surface
from gateway.trace import Trace
from gateway.types import GuardianError, Query


async def answer(gateway: Gateway, surface: Surface, incoming: Incoming, receive: Receive, send: Send) -> None:
    """One query from its bytes to its record."""
    async with story(gateway, surface, incoming, send) as trace:
        policy = trace.policy
        query = await read(gateway, surface, trace, receive)
        plan = policy.plan(query)
        judgements: Mapping[str, Judgement] = {}
        try:
            async with (
                cancelled_on_disconnect(receive) as presence,
                Speculation(gateway, surface, trace, query, plan) as early,
            ):
                judgements = await judge(gateway, plan, passage_of(policy, query))
                outcomes = trace.judged({name: judgement.outcome for name, judgement in judgements.items()})
                decision = trace.decided(policy.decide(query, outcomes))
                await close_unread(gateway, judgements, decision)
                reply = trace.reply = await early.reply(decision) or await act(
                    gateway, policy, surface, incoming, query, judgements, decision, trace.moderation()
                )
                if policy.judges_output:
                    reply = await review(gateway, policy, surface, trace, query, reply)
                trace.reply = noted(surface, reply, query, trace.moderation())
                await told(trace, send, presence)
        finally:
            for judgement in judgements.values():
                await judgement.aclose()


async def read(gateway: Gateway, surface: Reader, trace: Trace, receive: Receive) -> Query:
    """The query, of which no more than the policies let pass is unscanned. Raises a RequestError."""
    refuse_ambiguous(trace.incoming.raw_headers, trace.incoming.query_string)
    raw = await read_body(receive, trace.incoming.headers, limit=gateway.body_bytes, seconds=gateway.body_seconds)
    try:
        query = trace.query = surface.read(raw, trace.incoming.headers, trace.arrival(gateway.conversation_key))
    except RecursionError:
        raise BadRequest("the body is nested too deeply: send a flatter one", code="invalid_json") from None
    refuse_unscanned(query.unscanned, trace.policy.lets_pass(query))
    trace.admitted(query.unscanned)
    return query


async def relay(gateway: Gateway, surface: Place, incoming: Incoming, receive: Receive, send: Send) -> None:
    """A request that holds nothing to judge, such as the list of models: to the default upstream and back."""
    async with story(gateway, surface, incoming, send) as trace, cancelled_on_disconnect(receive) as presence:
        trace.reply = await forward(gateway, surface, incoming, b"", gateway.route(surface), incoming.method)
        await told(trace, send, presence)


@asynccontextmanager
async def story(gateway: Gateway, place: Place, incoming: Incoming, send: Send) -> AsyncIterator[Trace]:
    """One request from its beginning to its record, whatever happens in the block: a RequestError is told, a client
    that is gone is noted. The policies that are in force now decide about it to its end, whatever is loaded meanwhile.
    """
    gateway.metrics.in_flight.inc()
    trace = Trace(incoming, place.name, gateway.policies.current)
    try:
        yield trace
    except RequestError as error:
        trace.reply = refuse(place, error, action="error")
        await told(trace, send, Presence())
    except ClientGone:
        trace.ended = "disconnected"
    finally:
        await close(gateway, trace)


async def told(trace: Trace, send: Send, presence: Presence) -> None:
    """The client gets the reply."""
    assert trace.reply is not None
    complete = await deliver(trace.reply, trace.headers(), send, presence, trace.first_byte)
    trace.ended = "complete" if complete else "cut"


async def close(gateway: Gateway, trace: Trace) -> None:
    """The upstream's connection and the guardian's are freed and the record written, whatever happened."""
    gateway.metrics.in_flight.dec()
    if trace.reply is not None and trace.reply.speech is not None:
        await trace.reply.speech.aclose()
    if trace.reply is not None and trace.reply.work is not None:
        await trace.reply.work.aclose()
    if trace.reply is not None and trace.reply.upstream is not None:
        await trace.reply.upstream.aclose()
    for name, outcome in (*trace.outcomes.items(), *trace.output.items()):
        if isinstance(outcome, GuardianError):
            log("warning", "guardian_failed", request_id=trace.incoming.request_id, guardian=name, kind=outcome.kind)
    await gateway.record(trace.record())
