"""Speculative forwarding: the upstream is asked while the guardian judges, and its answer held until the decision.

Nothing of it is sent before, and an answer that is not wanted is cancelled at once. The only exception to "a blocked
query never reaches the upstream": where a policy says so, and the query can have no effect but an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType

from gateway.act import Reply, forward
from gateway.gateway import Gateway
from gateway.surfaces.surface import Surface
from gateway.trace import Trace
from gateway.types import Decision, Forward, Query
from gateway.upstream.endpoint import Response
from gateway.upstream.sse import EventSplitter


class Speculation:
    """The call that is begun before the decision, if any: to be asked for its reply, and closed with the block.

    What waits is bounded by the connection, which stops reading when enough is unread (`http1.UNREAD_BYTES`).
    """

    def __init__(self, gateway: Gateway, surface: Surface, trace: Trace, query: Query, plan: Sequence[str]) -> None:
        self.gateway, self.surface, self.trace, self.query = gateway, surface, trace, query
        self.wanted = bool(plan) and allowed(surface, trace, query)
        self.upstream = gateway.route(surface)
        self.sent = False
        self.call: asyncio.Task[Reply] | None = None

    async def send(self) -> Reply:
        """As `act` would, but that the answer comes uncompressed wherever a verdict may have to go into it."""
        self.sent = True
        policy = self.trace.policy
        plain = policy.judges_output or policy.annotates
        return await forward(
            self.gateway, self.surface, self.trace.incoming, self.query.raw, self.upstream, plain=plain
        )

    async def reply(self, decision: Decision) -> Reply | None:
        """The upstream's reply, if it is what was decided; None where the decision is still to be carried out."""
        if self.call is None:
            return None
        if decision.action not in (Forward(), Forward(self.upstream)):
            await self.cancel()
            return None
        self.trace.speculation = "used" if self.sent else None
        reply = await self.call
        self.call = None
        return reply

    async def cancel(self) -> None:
        """Closes the call. One whose turn never came before the decision was not sent at all."""
        if self.call is None:
            return
        if self.sent and self.trace.speculation is None:
            self.trace.speculation = "wasted"
        if not self.call.done():
            self.call.cancel()
            await asyncio.wait({self.call})
        call, self.call = self.call, None
        if not call.cancelled() and call.exception() is None:
            await self.drop(call.result())

    async def drop(self, reply: Reply) -> None:
        """Closes what has begun to come, and counts it."""
        if reply.upstream is None:
            return
        arrived = reply.upstream.arrived()
        await reply.upstream.aclose()
        if self.trace.speculation == "wasted":
            self.trace.wasted_tokens = tokens(self.surface, reply.upstream, arrived)

    async def __aenter__(self) -> Speculation:
        if self.wanted:
            self.call = asyncio.ensure_future(self.send())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.cancel()


def allowed(surface: Surface, trace: Trace, query: Query) -> bool:
    """A query string is not known to be without effects."""
    return trace.policy.speculates(query) and not trace.incoming.query_string and surface.without_effects(query)


def tokens(surface: Surface, response: Response, arrived: bytes) -> int:
    """What was generated for nothing; an error of the upstream's is no generation."""
    if not 200 <= response.status < 300:
        return 0
    kind = next((value for name, value in response.headers if name.lower() == b"content-type"), b"")
    if not kind.strip().lower().startswith(b"text/event-stream"):
        return surface.tokens([arrived])
    return surface.tokens(EventSplitter().feed(arrived))
