"""Labelled rows judged by a guardian under a progress bar: for evaluation and for calibration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gateway.errors import ConfigurationError
from gateway.evaluation import run
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged
from gateway.evaluation.store import OutcomeFile
from gateway.types import GuardianError

T = TypeVar("T")


def check_folders(*paths: Path | None) -> None:
    """Before an hour of judging, not after it."""
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise ConfigurationError(f"`{path}` cannot be written: there is no folder `{path.parent}`")


def told(errors: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in errors.items())


async def judge_all(
    rows: Sequence[Row],
    judging: AbstractAsyncContextManager[run.Judge],
    concurrency: int,
    resume: Path | None,
    guardian: str,
) -> list[Judged]:
    """`guardian` is whose outcomes `resume` holds."""
    with progress_bar() as bar:
        async with started(judging, bar) as judge:
            return await judge_rows(rows, judge, concurrency, resume, guardian, new_task(bar, "judging", len(rows)))


@asynccontextmanager
async def started(opening: AbstractAsyncContextManager[T], bar: Progress) -> AsyncIterator[T]:
    """Says so while a guardian starts: an embedded one takes seconds."""
    starting = bar.add_task("starting the guardian", total=None, errors=0)
    async with opening as opened:
        bar.remove_task(starting)
        yield opened


async def judge_rows(
    rows: Sequence[Row],
    judge: run.Judge,
    concurrency: int,
    resume: Path | None,
    guardian: str,
    advance: Callable[[object], None],
) -> list[Judged]:
    with OutcomeFile(resume, guardian) if resume is not None else nullcontext() as store:
        return await run.evaluate(
            rows, judge, concurrency=concurrency, on_progress=lambda judged: advance(judged.outcome), store=store
        )


def new_task(bar: Progress, name: str, total: int) -> Callable[[object], None]:
    """A line of the bar; each call is one row more, and what came of it."""
    task = bar.add_task(name, total=total, errors=0)
    errors = 0

    def advance(outcome: object) -> None:
        nonlocal errors
        errors += isinstance(outcome, GuardianError)
        bar.update(task, advance=1, errors=errors)

    return advance


def progress_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[errors]} errors"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
