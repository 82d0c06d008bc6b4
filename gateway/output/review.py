"""The output phase: an upstream's answer is held back until it was judged, then released, replaced or blocked.

A streamed answer is judged and released window by window (`gateway/output`); any other as a whole, and so are streams
where a policy says so or a rule needs it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx

from gateway.act import Reply, carried_out
from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement
from gateway.judging import passage_of
from gateway.output.ending import released
from gateway.output.verdicts import decided, failures, judged, output_query
from gateway.output.windows import Windows
from gateway.policy import PolicySet
from gateway.surfaces.surface import Surface, answer_texts
from gateway.trace import Trace
from gateway.types import Decision, ErrorKind, Forward, Query
from gateway.upstream.headers import Header
from gateway.upstream.sse import RawEventSplitter


@dataclass(frozen=True, slots=True)
class Kept:
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
    if surface.answer() is None:
        return reply
    if surface.speaks and query.stream and policy.release.stream == "windows" and streamed(reply.headers):
        windows = Windows(gateway, policy, surface, trace, query, reply.body)
        found = await in_windows(windows, reply)
    else:
        found = await as_a_whole(gateway, policy, surface, trace, query, reply)
    if isinstance(found, Reply):
        return found
    said = {name: Judgement(outcome) for name, outcome in trace.output.items()}
    made = await carried_out(gateway, policy, surface, query, said, found, trace.moderation())
    return replace(made, upstream_name=reply.upstream_name, upstream=reply.upstream)


async def in_windows(windows: Windows, reply: Reply) -> Reply | Decision:
    """The answer from its first window on, or what is decided instead of it while nothing of it is out."""
    try:
        first = await windows.step()
    except BaseException:
        await windows.aclose()
        raise
    if isinstance(first, Decision):
        await windows.aclose()
        if reply.upstream is not None:
            await reply.upstream.aclose()
        return first
    headers = [(name, value) for name, value in reply.headers if name != b"content-length"]
    if leak := windows.policy.release.leak:
        headers.append((b"x-guardian-leak", b"%d" % leak))
    body = released(windows, reply.upstream, first)
    return replace(reply, headers=headers, body=body, work=windows)


async def as_a_whole(
    gateway: Gateway, policy: PolicySet, surface: Surface, trace: Trace, query: Query, reply: Reply
) -> Reply | Decision:
    assert not isinstance(reply.body, bytes)
    kept = await keep(reply.body, limit=gateway.body_bytes)
    texts = None if kept.rest is not None else kept_texts(surface, kept, reply.headers)
    answer = output_query(query, texts or ())
    plan = policy.plan(answer)
    unread: ErrorKind = "unparseable" if kept.rest is None else "too_long"
    asked = passage_of(policy, query, "\n".join(texts or ()))
    outcomes = await judged(gateway, plan, asked) if texts is not None else failures(plan, unread)
    trace.judged_output(outcomes, characters=answer.characters)
    decision = decided(policy, answer, outcomes, unread=texts is None)
    trace.reviewed(decision)
    return replace(reply, body=kept.released()) if isinstance(decision.action, Forward) else decision


async def keep(chunks: AsyncIterator[bytes], *, limit: int) -> Kept:
    pieces: list[bytes] = []
    size = 0
    try:
        async for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size > limit:
                return Kept(tuple(pieces), rest=chunks)
    except httpx.TransportError as error:
        return Kept(tuple(pieces), error)
    return Kept(tuple(pieces))


def kept_texts(surface: Surface, kept: Kept, headers: list[Header]) -> tuple[str, ...] | None:
    """The texts of a stream's events, or of the body as the only one. None where it cannot be read."""
    body = b"".join(kept.pieces)
    if not streamed(headers):
        return answer_texts(surface, [body])
    splitter = RawEventSplitter()
    events = [*splitter.feed(body), *splitter.flush()]
    if any(event.odd for event in events):
        return None
    return answer_texts(surface, [event.data for event in events if event.data is not None])


def streamed(headers: list[Header]) -> bool:
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    return kind.strip().lower().startswith(b"text/event-stream")
