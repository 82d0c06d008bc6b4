"""`gateway evaluate`: a guardian on labelled queries, through the function that judges live traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gateway.environment import load_settings
from gateway.errors import ConfigurationError
from gateway.evaluation import run
from gateway.evaluation.datasets import Row, load
from gateway.evaluation.report import markdown, report, tables, write_json
from gateway.evaluation.score import Controversial, Judged, Reading
from gateway.evaluation.store import OutcomeFile
from gateway.types import GuardianError


def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled queries: a JSON object a line, with `text` and `label`.")],
    *,
    guardian: Annotated[str, typer.Option(help="The guardian's name in the settings.")] = "default",
    json: Annotated[Path | None, typer.Option(help="Write the scores here, as JSON.")] = None,
    markdown_to: Annotated[Path | None, typer.Option("--markdown", help="Write the tables here, as Markdown.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first rows.")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Harmful is a score from here on; else the guardian's label says."),
    ] = None,
    controversial: Annotated[
        Controversial, typer.Option(help="What the label `controversial` counts as, without a threshold.")
    ] = "harmful",
    concurrency: Annotated[int, typer.Option(min=1, help="Queries judged at the same time.")] = 4,
    resume: Annotated[
        Path | None, typer.Option(help="Keep each row's outcome here, and go on from what is there.")
    ] = None,
) -> None:
    """Judge labelled queries and score the guardian: F1, precision, recall, FPR, AUPRC, calibration, latency."""
    check_folders(json, markdown_to, resume)
    from gateway.assembly.single import open_judge

    judging = open_judge(load_settings(), guardian)
    judged = asyncio.run(judge_all(load(file, limit=limit), judging, concurrency, resume, guardian))
    made = report(judged, Reading(threshold, controversial))
    if json is not None:
        write_json(made, json)
    if markdown_to is not None:
        markdown_to.write_text(markdown(made), encoding="utf-8")
    Console().print(tables(made))
    if made.overall.errors == made.overall.n:
        raise ConfigurationError(f"guardian `{guardian}` gave no verdict at all ({told(made.errors)}): is it running?")


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
    with OutcomeFile(resume, guardian) if resume is not None else nullcontext() as store, progress_bar() as bar:
        task = bar.add_task("starting the guardian", total=len(rows), errors=0)
        errors = 0

        def advance(judged: Judged) -> None:
            nonlocal errors
            errors += isinstance(judged.outcome, GuardianError)
            bar.update(task, advance=1, errors=errors)

        async with judging as judge:
            bar.update(task, description="judging")
            return await run.evaluate(rows, judge, concurrency=concurrency, on_progress=advance, store=store)


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
