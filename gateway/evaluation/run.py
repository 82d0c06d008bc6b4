"""Judges every row through the gateway's own judging function, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gateway.evaluation.datasets import Row
from gateway.evaluation.score import Judged
from gateway.evaluation.store import OutcomeFile
from gateway.types import Outcome

Judge = Callable[[str], Awaitable[Outcome]]
Progress = Callable[[Judged], None]


async def evaluate(
    rows: Sequence[Row],
    judge: Judge,
    *,
    concurrency: int,
    on_progress: Progress = lambda judged: None,
    store: OutcomeFile | None = None,
) -> list[Judged]:
    """All rows, in their order. Rows whose verdict the `store` holds are not asked again; new outcomes are added."""
    outcomes: list[Outcome | None] = [store.get(row) if store is not None else None for row in rows]
    waiting = iter([number for number, outcome in enumerate(outcomes) if outcome is None])

    async def work() -> None:
        for number in waiting:
            outcome = outcomes[number] = await judge(rows[number].text)
            if store is not None:
                store.add(rows[number], outcome)
            on_progress(Judged(rows[number], outcome))

    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome is not None:
            on_progress(Judged(row, outcome))
    async with asyncio.TaskGroup() as workers:
        for _ in range(concurrency):
            workers.create_task(work())
    return [Judged(row, outcome) for row, outcome in zip(rows, outcomes, strict=True) if outcome is not None]
