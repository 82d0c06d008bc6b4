"""Judges every row through the gateway's own judging function, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged
from gateway.evaluation.store import OutcomeFile
from gateway.types import Outcome

Judge = Callable[[str], Awaitable[Outcome]]
Progress = Callable[[Judged], None]
T = TypeVar("T")


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

    async def ask(number: int) -> None:
        outcome = outcomes[number] = await judge(rows[number].text)
        if store is not None:
            store.add(rows[number], outcome)
        on_progress(Judged(rows[number], outcome))

    waiting = [number for number, outcome in enumerate(outcomes) if outcome is None]
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome is not None:
            on_progress(Judged(row, outcome))
    await a_few_at_a_time(waiting, ask, concurrency)
    return [Judged(row, outcome) for row, outcome in zip(rows, outcomes, strict=True) if outcome is not None]


async def a_few_at_a_time(items: Iterable[T], work: Callable[[T], Awaitable[None]], concurrency: int) -> None:
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as workers:
        for _ in range(concurrency):
            workers.create_task(worker())
