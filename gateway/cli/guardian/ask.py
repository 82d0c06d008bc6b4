"""`gateway guardian try`: one guardian is asked about one text, as in service."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Any

import orjson
import typer

from gateway.assembly.single import open_one
from gateway.cli.guardian.chosen import AsFormat, Chosen, Format, KeyName, Model, Name, Url, choose
from gateway.cli.guardian.tried import Show, Tried, as_json, ask_once
from gateway.errors import ConfigurationError
from gateway.guardian.client import request_body
from gateway.guardian.expansion import expanded, last
from gateway.guardian.in_parts import InParts
from gateway.guardian.judge import Guardian
from gateway.types import GuardianError, Message, Passage


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be asked, and how often."""

    chosen: Chosen
    passage: Passage
    repeat: int
    forced: bool
    show_prompt: bool


def ask(
    guardian: Name,
    text: Annotated[str, typer.Argument(help="The query to judge.")],
    *,
    url: Url = None,
    model: Model = None,
    key_name: KeyName = None,
    answer: Annotated[str | None, typer.Option(help="An assistant's answer to the text: it is judged instead.")] = None,
    show_prompt: Annotated[bool, typer.Option("--show-prompt", help="Print what is sent to the model.")] = False,
    forced: Annotated[bool, typer.Option("--forced", help="Ask for the safe response, whatever the verdict.")] = False,
    repeat: Annotated[int, typer.Option(min=1, help="Ask so many times.")] = 1,
    deadline: Annotated[float | None, typer.Option(min=0.001, help="Seconds that a verdict may take.")] = None,
    format: AsFormat = Format.text,
) -> None:
    """Asks one guardian about a text. Exit status 1 when it gives no verdict."""
    chosen = choose(guardian, url, model, key_name)
    chosen = chosen if deadline is None else chosen.but(deadline_seconds=deadline)
    if forced and not chosen.writes:
        raise ConfigurationError(f"the family `{chosen.wanted.family}` writes no response: leave `--forced` out")
    passage = Passage((Message("user", (text,)),), answer)
    show = say if format is Format.text else unsaid
    trial = Trial(chosen, passage, repeat, forced=forced, show_prompt=show_prompt)
    sent, runs = asyncio.run(ask_all(trial, show))
    if format is Format.json:
        typer.echo(indented(whole(chosen, sent, runs)))
    elif repeat > 1:
        typer.echo(summary(runs))
    raise typer.Exit(int(any(run.failed for run in runs)))


def say(text: str) -> None:
    typer.echo(text, nl=False)


def unsaid(text: str) -> None:
    del text


async def ask_all(trial: Trial, show: Show) -> tuple[list[dict[str, Any]], list[Tried]]:
    async with open_one(trial.chosen.settings, trial.chosen.name) as guardian:
        sent = list(requests(trial, guardian)) if trial.show_prompt else []
        for one in sent:
            show(f"POST {one['path']}\n{indented(one['body'])}\n\n")
        runs = [await ask_once(guardian, trial.passage, show, forced=trial.forced) for _ in range(trial.repeat)]
    return sent, runs


def requests(trial: Trial, guardian: Guardian) -> Iterator[dict[str, Any]]:
    """The path below the base URL and the body of each question: one, unless the text is long or disguised."""
    assert isinstance(guardian.source, InParts)
    wanted, bounds = trial.chosen.wanted, guardian.source.bounds
    parts = () if trial.forced else expanded(trial.passage, bounds) or ()
    for passage in [part.passage for part in parts] or [last(trial.passage, bounds)]:
        for one in trial.chosen.family.render(passage, forced=trial.forced):
            yield {"path": one.path, "body": orjson.loads(request_body(one, wanted.model, wanted.answer_tokens))}


def summary(runs: Sequence[Tried]) -> str:
    said = Counter(word(run) for run in runs)
    times = sorted(run.seconds * 1000 for run in runs)
    labels = ", ".join(f"{count} {name}" for name, count in said.most_common())
    return f"{len(runs)} runs: {labels}; {median(times):.0f} ms in the middle, {times[0]:.0f} to {times[-1]:.0f} ms"


def word(run: Tried) -> str:
    if run.outcome is None:
        return "forced"
    return run.outcome.kind if isinstance(run.outcome, GuardianError) else run.outcome.label


def whole(chosen: Chosen, sent: Sequence[dict[str, Any]], runs: Sequence[Tried]) -> dict[str, Any]:
    known = {"guardian": chosen.name, "family": chosen.wanted.family, "model": chosen.wanted.model}
    return {**known, **({"requests": list(sent)} if sent else {}), "runs": [as_json(run) for run in runs]}


def indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
