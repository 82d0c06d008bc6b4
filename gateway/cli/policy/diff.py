"""`gateway policy diff`: two sets of policies, and the queries that they treat differently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.labelled import check_folders
from gateway.cli.policy.reading import loaded
from gateway.cli.policy.traffic import DAY, AsJson, Records, Since, recorded_in, write_json
from gateway.errors import ConfigurationError
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import PolicySet
from gateway.policy.explain import told as told_action
from gateway.replay.again import Again, case
from gateway.replay.compare import Case, Comparison, Made, Trial
from gateway.replay.edits import edits
from gateway.replay.facts import Recorded, categories, told
from gateway.replay.given import given
from gateway.replay.report import tables
from gateway.replay.sample import Sampled, described, sample, untried
from gateway.types import Action, Signal


def diff(
    old: Annotated[Path, typer.Argument(help="A folder with policy files.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
    *,
    sample: Annotated[
        Path | None, typer.Option(help="Queries of yours, as JSON lines: `text`, `tenant`, `verdict` and so on.")
    ] = None,
    records: Records = None,
    url: Annotated[str | None, typer.Option("--url", help="An audit database.")] = None,
    since: Since = DAY,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each difference.")] = 3,
    json: AsJson = None,
) -> None:
    """Shows which rules differ and which queries OLD and NEW treat differently: yours, recorded ones, or else queries
    made up of all that the two speak of. Exit status 0: no difference; 1: there is one; 2: trouble.
    """
    if sum(one is not None for one in (sample, records, url)) > 1:
        raise ConfigurationError("one of `--sample`, `--records` and `--url` at a time")
    check_folders(json)
    first, second, console = loaded(old, status=2), loaded(new, status=2), Console()
    edited = list(edits(first, second))
    for what, name in edited:
        console.print(f"{what:<8} {name}", highlight=False, markup=False)
    found = Comparison((first.version, second.version), examples)
    if records is not None or url is not None:
        asyncio.run(add_records(found, recorded_in(records, url or "", since), Again(first, tell), Again(second, tell)))
    else:
        queries = made_up(console, first, second) if sample is None else given(sample, TAXONOMY)
        add_sample(found, queries, first, second)
    console.print(tables(found))
    if json is not None:
        write_json(found, json)
    raise typer.Exit(1 if edited or found.changed else 0)


def made_up(console: Console, old: PolicySet, new: PolicySet) -> list[Sampled]:
    queries, total = sample([old, new])
    if len(queries) < total:
        console.print(f"{len(queries):,} of {total:,} kinds of query were tried", highlight=False)
    if left := untried([old, new]):
        told = f"not tried, give --records or --sample for these: {', '.join(left)}"
        console.print(told, highlight=False)
    return queries


async def add_records(found: Comparison, source: AsyncGenerator[Recorded | None, None], old: Again, new: Again) -> None:
    async for record in source:
        if record is None:
            found.left_out += 1
            continue
        shown = case(record, record.outcomes, show_text=False)
        found.add(shown, old.decide(record, record.outcomes), new.decide(record, record.outcomes))


def add_sample(found: Comparison, queries: Iterable[Sampled], old: PolicySet, new: PolicySet) -> None:
    actions = {rule.name: tell(rule.action, rule.signal) for rule in new.rules}
    for query, outcomes in queries:
        shown = Case(described(query), query.tenant, tuple(categories(outcomes)), told(outcomes))
        after = decided(new, (query, outcomes))
        trials = tuple(Trial(name, actions[name]) for name in new.decide(query, outcomes).shadow)
        found.add(shown, decided(old, (query, outcomes)), Made(after.action, after.rule, trials))


def decided(policy: PolicySet, sampled: Sampled) -> Made:
    decision = policy.decide(*sampled)
    return Made(tell(decision.action, decision.signal), decision.rule)


def tell(action: Action, signal: Signal | None) -> str:
    """All of what is done: of two sets, more is known than of a record."""
    return f"{told_action(action)}{f' as {signal}' if signal else ''}"
