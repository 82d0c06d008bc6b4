"""`gateway policy replay`: recorded traffic, decided again under edited policies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.app import open_judge
from gateway.cli.audit import Database, database, moment
from gateway.cli.policy.reading import POLICIES, Folder, loaded
from gateway.policy import PolicySet
from gateway.replay import plot
from gateway.replay.again import Again, before, case
from gateway.replay.compare import Comparison
from gateway.replay.facts import Recorded
from gateway.replay.records import of_database, of_file
from gateway.replay.report import as_json, tables
from gateway.settings import load_settings
from gateway.types import Outcomes

Records = AsyncGenerator[Recorded | None, None]
TOGETHER = 8
"""Records that are judged again at the same time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records, and how they are shown."""

    tenant: str | None
    rule: str | None
    limit: int | None
    show_text: bool

    def fits(self, record: Recorded) -> bool:
        return self.tenant in (None, record.query.tenant) and self.rule in (None, record.rule)


def replay(
    folder: Folder = POLICIES,
    url: Database = None,
    *,
    records: Annotated[
        Path | None, typer.Option(help="JSON lines of `gateway audit export`, not the database.")
    ] = None,
    since: Annotated[str, typer.Option(help="`30m`, `24h`, `7d`, or a time as 2026-11-23T18:00.")] = "24h",
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only what this rule decided.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many records, the oldest.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each change.")] = 3,
    show_text: Annotated[bool, typer.Option("--show-text", help="Show stored texts in the examples.")] = False,
    rejudge: Annotated[bool, typer.Option("--rejudge", help="Ask the guardians again about stored texts.")] = False,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write all of it to this file.")] = None,
    picture: Annotated[Path | None, typer.Option("--plot", help="Also draw it: .png, .svg or .pdf.")] = None,
) -> None:
    """Decides recorded traffic again under FOLDER, with what the guardians said then, and shows what would change."""
    if picture is not None:
        plot.check(picture)
    policy, start = loaded(folder), 0.0 if records is not None and since == "24h" else moment(since)
    source = of_file(records, start) if records is not None else of_database(database(url), start)
    found = Comparison(("recorded", policy.version), examples)
    asyncio.run(run(policy, source, Wanted(tenant, rule, limit, show_text), found, rejudge=rejudge))
    Console().print(tables(found))
    if json_ is not None:
        json_.write_bytes(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    if picture is not None:
        plot.draw(found, picture)


async def run(policy: PolicySet, source: Records, wanted: Wanted, found: Comparison, *, rejudge: bool) -> None:
    again = Again(policy)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} records"), TimeElapsedColumn())
    async with AsyncExitStack() as stack:
        settings = load_settings()
        names = settings.guardians if rejudge else ()
        judges = {name: await stack.enter_async_context(open_judge(settings, name)) for name in names}
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
        task = progress.add_task("", total=None)

        async def judged(record: Recorded) -> Outcomes:
            if record.text is None or not judges:
                return record.outcomes
            return {name: await judges[name](record.text) for name in policy.plan(record.query)}

        async for batch in batches(source, wanted, found):
            for record, outcomes in zip(batch, await asyncio.gather(*map(judged, batch)), strict=True):
                shown = case(record, outcomes, show_text=wanted.show_text)
                found.add(shown, before(record), again.decide(record, outcomes))
            progress.advance(task, len(batch))


async def batches(source: Records, wanted: Wanted, found: Comparison) -> AsyncIterator[Sequence[Recorded]]:
    batch: list[Recorded] = []
    taken = 0
    async with aclosing(source) as records:
        async for record in records:
            if record is None:
                found.left_out += 1
            elif wanted.fits(record):
                batch.append(record)
                taken += 1
            if len(batch) == TOGETHER or taken == wanted.limit:
                yield batch
                batch = []
            if taken == wanted.limit:
                return
    yield batch
