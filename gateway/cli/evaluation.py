"""What `gateway evaluate` asks a guardian: for the verdict on every row and, where they are wanted, for responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from gateway.assembly.single import judge_of, open_one, respond_of
from gateway.cli.guardian.chosen import Chosen
from gateway.cli.labelled import judge_rows, new_task, progress_bar, started
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.report import check_threshold
from gateway.evaluation.responses.checks import Responses, responses
from gateway.evaluation.responses.choice import chosen
from gateway.evaluation.responses.collect import Respond, collect
from gateway.evaluation.responses.file import ResponseFile
from gateway.evaluation.responses.language import languages
from gateway.evaluation.responses.rules import rules_with


@dataclass(frozen=True, slots=True)
class WantedResponses:
    """The file that keeps them, how many of flagged queries, and how many forced ones."""

    file: Path
    most: int
    forced: int


@dataclass(frozen=True, slots=True)
class Wanted:
    rows: Sequence[Row]
    guardian: Chosen
    reading: Reading
    concurrency: int
    resume: Path | None
    responses: WantedResponses | None


async def ask(wanted: Wanted) -> tuple[list[Judged], Responses | None]:
    name = wanted.guardian.name
    with progress_bar() as bar:
        async with started(open_one(wanted.guardian.settings, name), bar) as guardian:
            advance = new_task(bar, "judging", len(wanted.rows))
            judge = judge_of(guardian)
            judged = await judge_rows(wanted.rows, judge, wanted.concurrency, wanted.resume, name, advance)
            check_threshold(judged, wanted.reading)
            if wanted.responses is None:
                return judged, None
            return judged, await ask_responses(wanted, wanted.responses, judged, respond_of(guardian), bar)


async def ask_responses(
    wanted: Wanted, how: WantedResponses, judged: Sequence[Judged], respond: Respond, bar: Progress
) -> Responses:
    rows = chosen(judged, wanted.reading, most=how.most, most_forced=how.forced)
    advance = new_task(bar, "responses", len(rows))
    with ResponseFile(how.file, wanted.guardian.name) as store:
        said = await collect(
            rows, respond, store, concurrency=wanted.concurrency, on_progress=lambda one: advance(one.response)
        )
        known = languages()
        rules = rules_with(known)
        store.mark(said, rules)
    return responses(said, rules, language_by=known.told)
