"""What comes of asking a guardian, and the worst of several."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.guardian.generation import Answer
from gateway.types import LABELS, GuardianError, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome, and the generation that goes on as the safe response when the guardian wrote a harm label."""

    outcome: Outcome
    answer: Answer | None = None

    async def aclose(self) -> None:
        if self.answer is not None:
            await self.answer.aclose()


async def worst(judgements: Sequence[Judgement], *, ranked: bool = False) -> Judgement:
    """One judgement of at least one: the most harmful verdict, the first of equals, with the categories of all. The
    others are closed. `ranked`: the first that is not safe stands for those of its label, whatever their scores.

    An unsafe verdict stands whatever else failed. Short of one, a failure counts: what was not judged is not safe.
    """
    if len(judgements) == 1:
        return judgements[0]
    chosen = max(judgements, key=rank if ranked else severity)
    for judgement in judgements:
        if judgement is not chosen:
            await judgement.aclose()
    if isinstance(chosen.outcome, GuardianError):
        return chosen
    return replace(chosen, outcome=with_all(chosen.outcome, judgements))


async def gathered(asked: Sequence[Coroutine[Any, Any, Judgement]]) -> list[Judgement]:
    """All of them at the same time. When this is cancelled, so are they, and what had come is closed."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return [await task for task in tasks]
    except BaseException:
        await drop(tasks)
        raise


async def drop(calls: Sequence[asyncio.Task[Judgement]]) -> None:
    """Cancels them and closes what had come, even when this is cancelled too."""
    for call in calls:
        call.cancel()
    try:
        if calls:
            await asyncio.wait(calls)
    finally:
        for call in calls:
            if call.done() and not call.cancelled() and call.exception() is None:
                await call.result().aclose()


def severity(judgement: Judgement) -> tuple[int, float]:
    """An error stands between `controversial` and `unsafe`."""
    outcome = judgement.outcome
    if isinstance(outcome, GuardianError):
        return LABELS.index("unsafe"), -1.0
    harm = LABELS.index(outcome.label) + (outcome.label == "unsafe")
    return harm, outcome.score or 0.0


def rank(judgement: Judgement) -> tuple[int, float]:
    """The same, with no order among those of one label but `safe`."""
    harm, score = severity(judgement)
    return harm, score if harm == 0 else 0.0


def with_all(verdict: Verdict, judgements: Sequence[Judgement]) -> Verdict:
    """Its label and what it rests on, the highest score of all, and every category that was named."""
    verdicts = [one.outcome for one in judgements if isinstance(one.outcome, Verdict)]
    named = dict.fromkeys(name for one in (verdict, *verdicts) for name in one.categories)
    scores = [one.score for one in verdicts if one.score is not None]
    return replace(
        verdict,
        categories=tuple(named),
        score=max(scores) if scores else None,
        seconds=max(one.seconds for one in verdicts),
        cached=all(one.cached for one in verdicts),
    )
