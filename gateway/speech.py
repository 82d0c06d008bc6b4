"""The words of a safe response: a policy's own text, or what the guardian is writing, with the refusal in reserve
when it fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import httpx

from gateway.gateway import Gateway
from gateway.guardian.generation import Answer
from gateway.guardian.judge import Judgement
from gateway.guardian.reply import MalformedReply
from gateway.policy import PolicySet
from gateway.types import GuardianError, Query, SafeResponse

REFUSAL = SafeResponse("refusal", "I'm sorry, but I can't help with that.")
"""Where neither the guardian nor a policy file has words."""


class Speech:
    """Pieces of text as they come, and how the answer ended, which is settled when the last piece was read."""

    def __init__(self, finish_reason: str, words: AsyncIterator[str | None], reserve: str) -> None:
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


def canned_speech(response: SafeResponse, text: str) -> Speech:
    async def words() -> AsyncIterator[str | None]:
        yield text

    return Speech(response.finish_reason, words(), text)


def refusal_speech(policy: PolicySet, query: Query) -> Speech:
    """The policy's own `refusal`, for a block that is told as an answer."""
    refusal = policy.responses.get(REFUSAL.name, REFUSAL)
    return canned_speech(replace(refusal, finish_reason="content_filter"), policy.words(refusal, query))


def guardian_speech(gateway: Gateway, policy: PolicySet, query: Query, judgements: Mapping[str, Judgement]) -> Speech:
    """The guardian's own answer, with the policy's `refusal` in reserve."""
    refusal = policy.responses.get(REFUSAL.name, REFUSAL)
    return Speech("stop", words(gateway, query, judgements), policy.words(refusal, query))


async def words(gateway: Gateway, query: Query, judgements: Mapping[str, Judgement]) -> AsyncIterator[str | None]:
    """Pieces of the answer; None when it broke off."""
    answer = next((j.answer for j in judgements.values() if j.answer is not None), None) or await forced(gateway, query)
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


async def forced(gateway: Gateway, query: Query) -> Answer | None:
    """A second generation with the harm label in its prompt, from the first guardian that writes responses."""
    writers = [guardian for guardian in gateway.guardians.values() if guardian.family.CARD.writes_response]
    answer = await writers[0].forced(query.messages) if writers else None
    return None if isinstance(answer, GuardianError) else answer
