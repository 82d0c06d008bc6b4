"""The words of a safe response: a policy's own text, or what the guardian is writing, with the refusal in reserve
when it fails.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import replace

import httpx

from gateway.gateway import Gateway
from gateway.guardian import writing
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.reply import MalformedReply
from gateway.policy import PolicySet
from gateway.types import GUARDIAN, Decision, GuardianError, Passage, Query, Respond, SafeResponse

REFUSAL = SafeResponse("refusal", "I'm sorry, but I can't help with that.")
"""Where neither the guardian nor a policy file has words."""
Words = AsyncGenerator[str | None, None]


class Speech:
    """Pieces of text as they come, and how the answer ended, which is settled when the last piece was read."""

    def __init__(self, finish_reason: str, words: Words, reserve: str) -> None:
        self.finish_reason = finish_reason
        self.words = words
        self.reserve = reserve
        self.said: list[str] = []

    async def pieces(self) -> AsyncIterator[str]:
        """The words; where they break off the answer ends as filtered, and where there were none the reserve is
        given.
        """
        async for word in self.words:
            if word is None:
                self.finish_reason = "content_filter"
                break
            self.said.append(word)
            yield word
        if not self.said:
            self.finish_reason = "content_filter"
            self.said.append(self.reserve)
            yield self.reserve

    async def aclose(self) -> None:
        """Nobody reads on: what is still being written is given up, and its place at the guardian with it."""
        await self.words.aclose()


def canned_speech(response: SafeResponse, text: str) -> Speech:
    async def words() -> Words:
        yield text

    return Speech(response.finish_reason, words(), text)


def refusal_speech(policy: PolicySet, query: Query) -> Speech:
    """The policy's own `refusal`, for a block that is told as an answer."""
    refusal = policy.responses.get(REFUSAL.name, REFUSAL)
    return canned_speech(replace(refusal, finish_reason="content_filter"), policy.words(refusal, query))


def guardian_speech(
    gateway: Gateway, policy: PolicySet, query: Query, judgements: Mapping[str, Judgement], name: str
) -> Speech:
    """The own answer of the guardian of this name, with the policy's `refusal` in reserve."""
    refusal = policy.responses.get(REFUSAL.name, REFUSAL)
    return Speech("stop", words(gateway, query, judgements, name), policy.words(refusal, query))


async def words(gateway: Gateway, query: Query, judgements: Mapping[str, Judgement], name: str) -> Words:
    """Pieces of the answer; None when it broke off."""
    answer = await written(gateway, query, judgements, name)
    if answer is None:
        yield None
        return
    try:
        async for piece in answer.pieces():
            yield piece
    except (TimeoutError, httpx.TransportError, MalformedReply):
        yield None
    finally:
        await answer.aclose()


async def written(gateway: Gateway, query: Query, judgements: Mapping[str, Judgement], name: str) -> Answer | None:
    writer = writer_for(gateway, name)
    if writer is None:
        return None
    answer = await writing.written(gateway.guardians[writer], Passage(query.messages), judgements.get(writer))
    return None if isinstance(answer, GuardianError) else answer


def writer_for(gateway: Gateway, name: str) -> str | None:
    """The guardian of this name; for one that writes no responses the first that does."""
    writers = [key for key, one in gateway.guardians.items() if one.card.writes_response]
    return name if name in writers else next(iter(writers), None)


async def close_unread(gateway: Gateway, judgements: Mapping[str, Judgement], decision: Decision) -> None:
    """Gives up every answer that this decision does not use: each has a place at its guardian until it is closed."""
    used = writer_for(gateway, decision.guardian) if decision.action == Respond(GUARDIAN) else None
    for name, judgement in judgements.items():
        if name != used:
            await judgement.aclose()
