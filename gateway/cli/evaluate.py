"""`gateway evaluate`: a guardian on labelled queries, through the function that judges live traffic."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from gateway.cli.evaluation import Wanted, WantedResponses, ask
from gateway.cli.guardian.chosen import Chosen, KeyName, Model, Url, choose
from gateway.cli.labelled import check_folders, told
from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import load
from gateway.evaluation.judged import Controversial, Reading
from gateway.evaluation.markdown import markdown
from gateway.evaluation.pictures.folder import draw
from gateway.evaluation.report import report, write_json
from gateway.evaluation.terminal import tables
from gateway.replay import plot as pictures


def evaluate(
    file: Annotated[Path, typer.Argument(help="Labelled queries: a JSON object a line, with `text` and `label`.")],
    *,
    guardian: Annotated[
        str, typer.Option(help="The guardian's name in the settings, or a family with `--url`.")
    ] = "default",
    url: Url = None,
    model: Model = None,
    key_name: KeyName = None,
    json: Annotated[Path | None, typer.Option(help="Write the scores here, as JSON.")] = None,
    markdown_to: Annotated[Path | None, typer.Option("--markdown", help="Write the tables here, as Markdown.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Draw the pictures into this folder.")] = None,
    plot_format: Annotated[Literal["png", "svg"], typer.Option(help="What the pictures are.")] = "png",
    responses_to: Annotated[
        Path | None,
        typer.Option("--responses", help="Have safe responses written out, check them, and keep them in this file."),
    ] = None,
    most: Annotated[
        int, typer.Option("--responses-limit", min=1, help="At most so many, of the queries that it flags.")
    ] = 500,
    forced: Annotated[
        int, typer.Option(min=0, help="Force a response to at most so many harmful queries that it does not flag.")
    ] = 0,
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
    """Judge labelled queries and score the guardian: F1, precision, recall, FPR, AUPRC, calibration, latency, and the
    safe responses that it writes.
    """
    check_folders(json, markdown_to, plots, resume, responses_to)
    if plots is not None:
        pictures.check(plots / f"picture.{plot_format}")
    asked = choose(guardian, url, model, key_name)
    responses = wanted_responses(asked, responses_to, most, forced)
    rows, reading = load(file, limit=limit), Reading(threshold, controversial)
    judged, checked = asyncio.run(ask(Wanted(rows, asked, reading, concurrency, resume, responses)))
    made = report(judged, reading, checked)
    if json is not None:
        write_json(made, json)
    if markdown_to is not None:
        markdown_to.write_text(markdown(made), encoding="utf-8")
    if plots is not None:
        draw(judged, made, plots, plot_format, f"{asked.wanted.model or asked.wanted.family} on {len(rows):,} rows")
    Console().print(tables(made))
    if made.overall.errors == made.overall.n:
        raise ConfigurationError(f"guardian `{guardian}` gave no verdict at all ({told(made.errors)}): is it running?")


def wanted_responses(asked: Chosen, file: Path | None, most: int, forced: int) -> WantedResponses | None:
    if file is None and forced:
        raise ConfigurationError("`--forced` needs a file for the responses: add `--responses FILE`")
    if file is None:
        return None
    if not asked.writes:
        raise ConfigurationError(
            f"the family `{asked.wanted.family}` writes no response: leave `--responses` out, or set a responder"
        )
    return WantedResponses(file, most, forced)
