"""The output phase: an upstream's answer is held back until it was judged, then released, replaced or blocked.

Nothing of it reaches the client before: the guardian reads all of it first, a stream's too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

import httpx

from gateway.act import Reply, carried_out
from gateway.gateway import Gateway
from gateway.guardian.judge import Judgement
from gateway.judging import judge
from gateway.policy import PolicySet
from gateway.surfaces.surface import Surface
from gateway.trace import Trace
from gateway.types import Forward, GuardianError, Message, Outcomes, Query
from gateway.upstream.headers import Header
from gateway.upstream.sse import EventSplitter


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that was held back: its pieces, how it broke off (if it did), or that it was too long."""

    pieces: tuple[bytes, ...]
    cut: httpx.TransportError | None = None
    too_long: bool = False

    async def released(self) -> AsyncIterator[bytes]:
        """The bytes as they came; a cut answer is cut again."""
        for piece in self.pieces:
            yield piece
        if self.cut is not None:
            raise self.cut


async def review(
    gateway: Gateway, policy: PolicySet, surface: Surface, trace: Trace, query: Query, reply: Reply
) -> tuple[Reply, Mapping[str, Judgement]]:
    """What the client gets of an upstream's answer, and the judgements to close."""
    if reply.action != "forward" or reply.status != 200 or not isinstance(reply.body, AsyncIterator):
        return reply, {}
    held = await hold(reply.body, limit=gateway.body_bytes)
    texts = None if held.too_long else surface.answer_texts(events(held, reply.headers))
    answer = replace(query, phase="output", messages=(Message("assistant", texts or ()),))
    plan = policy.plan(answer)
    judgements = {} if texts is None else await judge(gateway, plan, answer.messages)
    unread: Outcomes = {name: GuardianError(name, "too_long" if held.too_long else "unparseable") for name in plan}
    read = {name: judgement.outcome for name, judgement in judgements.items()} if texts is not None else unread
    outcomes = trace.judged_output(read, characters=answer.characters)
    decision = policy.decide(answer, outcomes)
    trace.reviewed(decision)
    if isinstance(decision.action, Forward):
        return replace(reply, body=held.released()), judgements
    made = await carried_out(gateway, policy, surface, query, {}, decision, trace.moderation())
    return replace(made, upstream_name=reply.upstream_name, upstream=reply.upstream), judgements


async def hold(chunks: AsyncIterator[bytes], *, limit: int) -> Held:
    pieces: list[bytes] = []
    size = 0
    try:
        async for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size > limit:
                return Held((), too_long=True)
    except httpx.TransportError as error:
        return Held(tuple(pieces), error)
    return Held(tuple(pieces))


def events(held: Held, headers: list[Header]) -> list[bytes]:
    """The data of a stream's events, or the body as the only one."""
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    body = b"".join(held.pieces)
    if not kind.startswith(b"text/event-stream"):
        return [body]
    splitter = EventSplitter()
    return [*splitter.feed(body), *splitter.flush()]
