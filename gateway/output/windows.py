"""Reads a streamed answer, judges it window by window, and gives the bytes that may go, or the decision that stops it.

One judgement at a time; while it runs the upstream is read on, up to a bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic, time

import httpx

from gateway.gateway import Gateway
from gateway.judging import passage_of
from gateway.output.held import Held
from gateway.output.verdicts import decided, failures, joined, judged, output_query
from gateway.output.window import HELD_BYTES, Seen, Window
from gateway.policy import PolicySet
from gateway.surfaces.surface import Surface
from gateway.trace import Trace
from gateway.types import Decision, Forward, Outcomes, Query
from gateway.upstream.sse import RawEventSplitter


class Windows:
    """`step` until it gives a decision, which is never to forward, or None; then, or before, `aclose`."""

    def __init__(
        self,
        gateway: Gateway,
        policy: PolicySet,
        surface: Surface,
        trace: Trace,
        query: Query,
        chunks: AsyncIterator[bytes],
    ) -> None:
        self.gateway, self.policy, self.trace, self.query = gateway, policy, trace, query
        self.chunks = chunks
        self.splitter = RawEventSplitter()
        self.writer = surface.writer(query, created=int(time()))
        text = surface.answer()
        assert text is not None, "an answer without words is not reviewed"
        self.held = Held(text, self.writer, policy.release)
        self.seen = Seen()
        self.outcomes: Outcomes = {}
        self.reading: asyncio.Task[None] | None = None
        self.judging: asyncio.Task[Decision] | None = None
        self.cut: httpx.TransportError | None = None
        self.unbounded = False

    async def step(self) -> bytes | Decision | None:
        """Bytes that may go, what stops the answer, or None at its end; an answer that was cut is cut again."""
        while not self.unbounded:
            ready = self.held.ready()
            if ready:
                return ready
            if self.judging is None and self.held.due(monotonic()):
                self.judging = asyncio.ensure_future(self.judge())
            elif self.judging is None and self.held.ended:
                break
            decision = await self.wait()
            if decision is not None:
                return decision
        return await self.rest() if self.unbounded else self.end()

    async def rest(self) -> bytes | None:
        """Of an answer that goes on unjudged, since a rule says so, the next bytes."""
        if self.reading is not None:
            await self.reading
            self.reading = None
        waiting = self.held.rest() + self.splitter.rest()
        if waiting or self.held.ended:
            return waiting or self.end()
        return await anext(self.chunks, None)

    def end(self) -> bytes | None:
        if self.cut is not None:
            raise self.cut
        return None

    async def wait(self) -> Decision | None:
        """Until something has happened: a piece came, a verdict, or a window's time. Gives a decision that stops it."""
        if self.reading is None and not self.held.ended and (self.judging is None or self.held.bytes < HELD_BYTES):
            self.reading = asyncio.ensure_future(self.read())
        seconds = self.held.left(monotonic()) if self.judging is None else None
        tasks = [task for task in (self.reading, self.judging) if task is not None]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self.reading is not None and self.reading.done():
            self.reading.result()
            self.reading = None
        if self.judging is None or not self.judging.done():
            return None
        decision, self.judging = self.judging.result(), None
        return None if isinstance(decision.action, Forward) else decision

    async def read(self) -> None:
        """One more piece. Of an answer that was cut, the event that was cut is nobody's."""
        try:
            chunk = await anext(self.chunks, None)
        except httpx.TransportError as error:
            self.cut = error
            chunk = None
        events = self.splitter.feed(chunk) if chunk is not None else [] if self.cut else self.splitter.flush()
        for event in events:
            self.held.add(event, monotonic())
        if chunk is None:
            self.held.end()
        if self.splitter.pending + self.held.bytes + self.held.came > self.gateway.body_bytes:
            self.held.unread = "too_long"

    async def judge(self) -> Decision:
        """What is decided about the answer so far, by the worst that was said of its windows."""
        window = self.held.window()
        answer = output_query(self.query, tuple(window.texts.values()))
        plan = self.policy.plan(answer)
        self.outcomes = await joined(self.outcomes, await self.found(window, plan))
        self.note(answer)
        decision = decided(self.policy, answer, self.outcomes, unread=window.unread is not None)
        self.trace.reviewed(decision)
        if isinstance(decision.action, Forward):
            self.held.judged(window)
            self.unbounded = window.unread == "too_long"
        return decision

    async def found(self, window: Window, plan: tuple[str, ...]) -> Outcomes:
        """Of what cannot be read there is an error beside the verdict on the rest."""
        failed = failures(plan, window.unread) if window.unread is not None else {}
        text = self.seen.passage(window, plan) if plan else None
        if text is None:
            return failed
        found = await judged(self.gateway, plan, passage_of(self.policy, self.query, text))
        self.seen.add(window, plan)
        return await joined(failed, found)

    def note(self, answer: Query) -> None:
        first = self.held.first_text
        waited = self.trace.review_seconds if self.held.begun else monotonic() - first if first is not None else 0.0
        self.trace.judged_output(self.outcomes, characters=answer.characters, seconds=waited)
        self.gateway.metrics.answer_windows[(self.query.surface,)].inc()

    async def aclose(self) -> None:
        """Cancels what is under way. May be called twice."""
        tasks = [task for task in (self.reading, self.judging) if task is not None]
        self.reading = self.judging = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
