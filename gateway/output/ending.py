"""What a client sees of a streamed answer that is released in windows, and how it ends where it is stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator

from gateway.act import spoken
from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement
from gateway.output.windows import Windows
from gateway.speech import Speech, refusal_speech
from gateway.trace import Trace
from gateway.types import Block, Decision, Respond
from gateway.upstream.endpoint import Response

FINISH_REASON = "content_filter"
GAP = "\n\n"
"""Between what the upstream had said and the policy's words."""


async def released(windows: Windows, upstream: Response | None, first: bytes | None) -> AsyncIterator[bytes]:
    """The bytes as they came, as far as they may go; then, where a rule stops the answer, an end that says so."""
    step: bytes | Decision | None = first
    while isinstance(step, bytes):
        yield step
        step = await windows.step()
    if step is None:
        return
    await windows.aclose()
    if upstream is not None:
        await upstream.aclose()
    speech = last_words(windows, step)
    stopped(windows.gateway, windows.trace, step, speech)
    async for words in last_pieces(speech):
        yield windows.writer.delta(words)
    yield windows.writer.closing(FINISH_REASON)


def last_words(windows: Windows, decision: Decision) -> Speech | None:
    """A block has words only where it is told as an answer. A guardian that has failed is not asked for any."""
    policy, query = windows.policy, windows.query
    if isinstance(decision.action, Respond):
        said = {name: Judgement(outcome) for name, outcome in windows.outcomes.items()}
        return spoken(windows.gateway, policy, query, said, decision.action, decision.guardian)
    return refusal_speech(policy, query) if decision.signal == "completion" else None


def stopped(gateway: Gateway, trace: Trace, decision: Decision, speech: Speech | None) -> None:
    trace.stopped("block" if isinstance(decision.action, Block) else "respond", speech)
    gateway.metrics.answers_stopped[(decision.rule,)].inc()


async def last_pieces(speech: Speech | None) -> AsyncIterator[str]:
    gap = GAP
    if speech is not None:
        async for piece in speech.pieces():
            yield gap + piece
            gap = ""
