"""A guardian's safe response: where it comes from, and reading it to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from gateway.guardian.generation import Answer
from gateway.guardian.judge import Guardian
from gateway.guardian.judgement import Judgement
from gateway.guardian.reply import MalformedReply
from gateway.types import GuardianError, Passage


@dataclass(frozen=True, slots=True)
class Response:
    """The whole text; `cut`: it broke off."""

    text: str
    cut: bool = False


async def written(guardian: Guardian, passage: Passage, judgement: Judgement | None) -> Answer | GuardianError:
    """What the guardian goes on to say after its verdict; else a second generation with the harm label in its prompt.
    One that has failed just now is not trusted with words either, and would take its time once more.
    """
    if judgement is not None and judgement.answer is not None:
        return judgement.answer
    if judgement is not None and isinstance(judgement.outcome, GuardianError):
        return judgement.outcome
    return await guardian.forced(passage)


async def read_whole(answer: Answer, show: Callable[[str], None] = lambda piece: None) -> Response:
    """Reads it to its end and closes it; pieces are shown as they come."""
    text = ""
    try:
        async for piece in answer.pieces():
            show(piece)
            text += piece
    except (TimeoutError, httpx.TransportError, MalformedReply):
        return Response(text, cut=True)
    finally:
        await answer.aclose()
    return Response(text)
