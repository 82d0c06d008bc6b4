"""`gateway guardian calibrate`: from labelled rows to probabilities, and to thresholds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from gateway.assembly.single import open_judge
from gateway.cli.guardian.chosen import AsFormat, Chosen, Format, KeyName, Model, Name, Url, choose
from gateway.cli.labelled import check_folders, judge_all
from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import load
from gateway.evaluation.run import Judge
from gateway.fitting import fit
from gateway.fitting.calibrate import Calibrated, Choice
from gateway.fitting.calibrate import calibrate as fitted
from gateway.fitting.report import as_json, tables
from gateway.fitting.scored import scored_of
from gateway.replay import plot as pictures
from gateway.types import Outcome

RAW: dict[str, Any] = {"calibration": None, "calibration_slope": 1.0, "calibration_intercept": 0.0}
"""Settings under which a probability is the raw score."""
RATES = [0.01, 0.05]


def calibrate(
    guardian: Name,
    *,
    data: Annotated[Path, typer.Option(help="Labelled queries: a JSON object a line, with `text` and `label`.")],
    url: Url = None,
    model: Model = None,
    key_name: KeyName = None,
    method: Annotated[Choice, typer.Option(help="How scores become probabilities.")] = "auto",
    fpr: Annotated[
        list[float], typer.Option(help="A false-positive rate to find a threshold for; repeatable.")
    ] = RATES,
    out: Annotated[Path | None, typer.Option(help="Write the calibration here, for the guardian's settings.")] = None,
    picture: Annotated[Path | None, typer.Option("--plot", help="Draw the reliability diagram here.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Keep each row's raw score here, and go on from what is there.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Queries judged at the same time.")] = 4,
    format: AsFormat = Format.text,
) -> None:
    """Fits a guardian's scores to probabilities on labelled data, and suggests thresholds."""
    check(fpr, out, picture, resume)
    chosen = choose(guardian, url, model, key_name)
    known = f"{guardian}, raw scores"
    judging = raw_judge(chosen.alone.but(**RAW), known)
    judged = asyncio.run(judge_all(load(data), judging, concurrency, resume, known))
    made = fitted(scored_of(judged), method, fpr)
    written = as_json(made, identity(chosen, data))
    if out is not None:
        out.write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    if picture is not None:
        draw(made, picture, chosen)
    if format is Format.json:
        typer.echo(orjson.dumps(written, option=orjson.OPT_INDENT_2).decode())
        return
    Console().print(tables(made))
    if out is not None:
        typer.echo(
            f"`{out}` is for the setting `GATEWAY_GUARDIANS__{name_in_settings(guardian, chosen)}__CALIBRATION`."
        )


def check(rates: Sequence[float], out: Path | None, picture: Path | None, resume: Path | None) -> None:
    """Before an hour of judging, not after it."""
    for rate in rates:
        if not 0 < rate < 1:
            raise ConfigurationError(f"`--fpr {rate:g}`: a false-positive rate is between 0 and 1")
    check_folders(out, picture, resume)
    fit.check()
    if picture is not None:
        pictures.check(picture)


@asynccontextmanager
async def raw_judge(chosen: Chosen, known: str) -> AsyncIterator[Judge]:
    """Outcomes bear the name `known`: raw scores are kept apart from those of `gateway evaluate`."""
    async with open_judge(chosen.settings, chosen.name) as judge:

        async def named(text: str) -> Outcome:
            return replace(await judge(text), guardian=known)

        yield named


def identity(chosen: Chosen, data: Path) -> dict[str, Any]:
    return {
        "family": chosen.wanted.family,
        "model": chosen.wanted.model,
        "data": data.name,
        "data_sha256": sha256(data.read_bytes()).hexdigest(),
        "fitted": datetime.now(UTC).date().isoformat(),
    }


def draw(made: Calibrated, path: Path, chosen: Chosen) -> None:
    from gateway.fitting.plot import draw

    draw(made, path, f"{chosen.wanted.model or chosen.wanted.family} on {len(made.scored.scores):,} rows")


def name_in_settings(given: str, chosen: Chosen) -> str:
    """A family that is no guardian of the settings has no name there yet."""
    return "NAME" if given == chosen.wanted.family else given.upper()
