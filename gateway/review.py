"""The output phase: an upstream's answer is held back until it was judged, then released, replaced or blocked.

Nothing of it reaches the client before: the guardian reads all of it first, a stream's too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import httpx

from gateway.act import Reply, carried_out
from gateway.gateway import Gateway
from gateway.judging import judge, passage
from gateway.policy import PolicySet
from gateway.surfaces.surface import Surface
from gateway.trace import Trace
from gateway.types import Block, ErrorKind, Forward, GuardianError, Message, Outcomes, Passage, Query
from gateway.upstream.headers import Header
from gateway.upstream.sse import EventSplitter

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that was held back: its pieces, how it broke off (if it did), and the rest of one that is too long."""

    pieces: tuple[bytes, ...]
    cut: httpx.TransportError | None = None
    rest: AsyncIterator[bytes] | None = None

    async def released(self) -> AsyncIterator[bytes]:
        """The bytes as they came; a cut answer is cut again."""
        for piece in self.pieces:
            yield piece
        if self.cut is not None:
            raise self.cut
        if self.rest is not None:
            async for piece in self.rest:
                yield piece


async def review(
    gateway: Gateway, policy: PolicySet, surface: Surface, trace: Trace, query: Query, reply: Reply
) -> Reply:
    """What the client gets of an upstream's answer."""
    if reply.action != "forward" or not 200 <= reply.status < 300 or not isinstance(reply.body, AsyncIterator):
        return reply
    held = await hold(reply.body, limit=gateway.body_bytes)
    texts = None if held.rest is not None else surface.answer_texts(events(held, reply.headers))
    answer = replace(query, phase="output", messages=(Message("assistant", texts or ()),))
    plan = policy.plan(answer)
    unread: ErrorKind = "unparseable" if held.rest is None else "too_long"
    asked = passage(policy, query, "\n".join(texts or ()))
    outcomes = await judged(gateway, plan, asked) if texts is not None else failures(plan, unread)
    trace.judged_output(outcomes, characters=answer.characters)
    decision = policy.decide(answer, outcomes)
    if texts is None and isinstance(decision.action, Forward) and decision.reason != "guardian_error":
        decision = replace(decision, action=Block(503), reason="guardian_error")
    trace.reviewed(decision)
    if isinstance(decision.action, Forward):
        return replace(reply, body=held.released())
    made = await carried_out(gateway, policy, surface, query, {}, decision, trace.moderation())
    return replace(made, upstream_name=reply.upstream_name, upstream=reply.upstream)


async def judged(gateway: Gateway, plan: Sequence[str], answer: Passage) -> Outcomes:
    """What the guardians say of the answer. What they would go on to say to it is for nobody."""
    judgements = await judge(gateway, plan, answer)
    for judgement in judgements.values():
        await judgement.aclose()
    return {name: judgement.outcome for name, judgement in judgements.items()}


def failures(plan: Sequence[str], kind: ErrorKind) -> Outcomes:
    return {name: GuardianError(name, kind) for name in plan}


async def hold(chunks: AsyncIterator[bytes], *, limit: int) -> Held:
    pieces: list[bytes] = []
    size = 0
    try:
        async for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size > limit:
                return Held(tuple(pieces), rest=chunks)
    except httpx.TransportError as error:
        return Held(tuple(pieces), error)
    return Held(tuple(pieces))


def events(held: Held, headers: list[Header]) -> list[bytes]:
    """The data of a stream's events, or the body as the only one. Readers of events drop a byte-order mark."""
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    body = b"".join(held.pieces)
    if not kind.strip().lower().startswith(b"text/event-stream"):
        return [body]
    splitter = EventSplitter()
    return [*splitter.feed(body.removeprefix(BYTE_ORDER_MARK)), *splitter.flush()]
