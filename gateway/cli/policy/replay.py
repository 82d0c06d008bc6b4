"""`gateway policy replay`: recorded traffic, decided again under edited policies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.assembly.single import open_judge
from gateway.cli.audit import Database, database
from gateway.cli.labelled import check_folders
from gateway.cli.policy.reading import POLICIES, Folder, loaded
from gateway.cli.policy.traffic import DAY, AsJson, Records, Since, recorded_in, write_json
from gateway.environment import load_settings
from gateway.policy import PolicySet
from gateway.replay import plot
from gateway.replay.again import Again, before, case
from gateway.replay.compare import Comparison
from gateway.replay.facts import Recorded
from gateway.replay.report import tables
from gateway.types import Outcomes

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
    records: Records = None,
    since: Since = DAY,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only what this rule decided.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many records, the oldest.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each change.")] = 3,
    show_text: Annotated[bool, typer.Option("--show-text", help="Show stored texts in the examples.")] = False,
    rejudge: Annotated[bool, typer.Option("--rejudge", help="Ask the guardians again about stored texts.")] = False,
    json: AsJson = None,
    picture: Annotated[Path | None, typer.Option("--plot", help="Also draw it: .png, .svg or .pdf.")] = None,
) -> None:
    """Decides recorded traffic again under FOLDER, with what the guardians said then, and shows what would change."""
    check_folders(json, picture)
    if picture is not None:
        plot.check(picture)
    policy = loaded(folder)
    source = recorded_in(records, "" if records is not None else database(url), since)
    found = Comparison(("recorded", policy.version), examples)
    asyncio.run(run(policy, source, Wanted(tenant, rule, limit, show_text), found, rejudge=rejudge))
    Console().print(tables(found))
    if json is not None:
        write_json(found, json)
    if picture is not None:
        plot.draw(found, picture)


async def run(
    policy: PolicySet,
    source: AsyncGenerator[Recorded | None, None],
    wanted: Wanted,
    found: Comparison,
    *,
    rejudge: bool,
) -> None:
    again = Again(policy)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} records"), TimeElapsedColumn())
    async with AsyncExitStack() as stack:
        settings = load_settings()
        names = settings.guardians if rejudge else ()
        judges = {name: await stack.enter_async_context(open_judge(settings, name)) for name in names}
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
        task = progress.add_task("", total=None)

        async def judged(record: Recorded) -> Outcomes:
            if record.text is None:
                return record.outcomes
            return {name: await judges[name](record.text) for name in again.plan(record)}

        async for batch in batches(source, wanted, found):
            said = await asyncio.gather(*map(judged, batch)) if judges else [record.outcomes for record in batch]
            for record, outcomes in zip(batch, said, strict=True):
                shown = case(record, outcomes, show_text=wanted.show_text)
                found.add(shown, before(record), again.decide(record, outcomes))
            progress.advance(task, len(batch))


async def batches(
    source: AsyncGenerator[Recorded | None, None], wanted: Wanted, found: Comparison
) -> AsyncIterator[Sequence[Recorded]]:
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
