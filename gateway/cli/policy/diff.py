"""`gateway policy diff`: two sets of policies, and the queries that they treat differently."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.cli.policy.reading import loaded
from gateway.policy import PolicySet
from gateway.policy.explain import told as told_action
from gateway.replay.again import Again, case
from gateway.replay.compare import Case, Made, compared
from gateway.replay.edits import edits
from gateway.replay.facts import Recorded, categories, told
from gateway.replay.known import Unknown
from gateway.replay.records import of_file
from gateway.replay.report import as_json, tables
from gateway.replay.sample import Sampled, described, sample, untried
from gateway.types import Outcomes, Query

Way = tuple[Case, Made | Unknown, Made | Unknown]


def diff(
    old: Annotated[Path, typer.Argument(help="A folder with policy files.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
    *,
    records: Annotated[
        Path | None, typer.Option(help="JSON lines of `gateway audit export`; else queries are made up.")
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each difference.")] = 3,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write all of it to this file.")] = None,
) -> None:
    """Shows which rules differ and which queries OLD and NEW treat differently. Exit status 1 when there are any."""
    first, second = loaded(old), loaded(new)
    console = Console()
    for what, name in edits(first, second):
        console.print(f"{what:<8} {name}", highlight=False, markup=False)
    names = (first.version, second.version)
    if records is not None:
        found = compared(names, of_records(asyncio.run(read(records)), first, second), examples_each=examples)
    else:
        queries, total = sample([first, second])
        if len(queries) < total:
            console.print(f"{len(queries):,} of {total:,} kinds of query were tried", highlight=False)
        if left := untried([first, second]):
            console.print(f"not tried, give --records for these: {', '.join(left)}", highlight=False)
        found = compared(names, of_sample(queries, first, second), examples_each=examples)
    console.print(tables(found))
    if json_ is not None:
        json_.write_bytes(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    raise typer.Exit(1 if found.changed else 0)


async def read(path: Path) -> list[Recorded]:
    return [record async for record in of_file(path, 0.0) if record is not None]


def of_records(records: list[Recorded], old: PolicySet, new: PolicySet) -> Iterator[Way]:
    first, second = Again(old), Again(new)
    for record in records:
        shown = case(record, record.outcomes, show_text=False)
        yield shown, first.decide(record, record.outcomes), second.decide(record, record.outcomes)


def of_sample(queries: list[Sampled], old: PolicySet, new: PolicySet) -> Iterator[Way]:
    for query, outcomes in queries:
        shown = Case(described(query), query.tenant, tuple(categories(outcomes)), told(outcomes))
        yield shown, decided(old, query, outcomes), decided(new, query, outcomes)


def decided(policy: PolicySet, query: Query, outcomes: Outcomes) -> Made:
    decision = policy.decide(query, outcomes)
    signal = f" as {decision.signal}" if decision.signal else ""
    return Made(f"{told_action(decision.action)}{signal}", decision.rule, decision.shadow)
