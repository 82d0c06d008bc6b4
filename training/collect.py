"""Collects what the paper's Figure 2 collects: answers of a large model to unsafe queries, under the safety instruction
of the query's category, and rationales. Question, answer and label then train the guardian.

    COLLECT_BASE_URL=http://127.0.0.1:8000/v1 COLLECT_MODEL=NAME \\
        python -m training.collect ROWS.jsonl --out DIR [--per 500]

ROWS (JSON lines, gzipped or not) have `text`, `label`, `lang`, and what `prepare` reads beside these. `DIR/asked.jsonl`
holds what the model wrote, a line each; a run that was stopped goes on from there, and what failed is asked again.
`DIR/collected.jsonl.gz` holds the rows that the filters and the balance left, with `response` (harmful) and `why`, for
`prepare`; `DIR/dropped.json` how many each rule dropped.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.errors import ConfigurationError
from gateway.guardian.taxonomy import CATEGORIES
from gateway.policy.languages import open_identifier
from training.asked import Asked, key, opened
from training.asking import Model, NotAnswered, answer_messages, open_model, rationale_messages
from training.categories import category
from training.filters import Filters
from training.selection import Row, Selection


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    console = Console(stderr=True)
    options.out.mkdir(parents=True, exist_ok=True)
    with opened(options.out / "asked.jsonl") as asked:
        wanted = list({key(row): row for row in read(options.rows) if not asked.has(row)}.values())[: options.limit]
        try:
            failed = asyncio.run(ask_all(wanted, asked, options, console)) if wanted else Counter[str]()
        except ConfigurationError as error:
            console.print(f"[red]{error}[/]", highlight=False)
            return 2
    selection = Selection(Filters.read(open_identifier()), options.per, options.same_answer)
    rows = selection.of(asked.rows)
    write(options.out, rows, selection.dropped)
    console.print(f"{len(rows)} of {len(asked.rows)} rows kept; dropped: {dict(selection.dropped.most_common())}")
    if failed:
        console.print(f"[red]{failed.total()} were not answered[/] and are asked again by the next run: {dict(failed)}")
    return 1 if failed else 0


async def ask_all(rows: list[Row], asked: Asked, options: argparse.Namespace, console: Console) -> Counter[str]:
    """Why rows were not answered, counted. `options.concurrency` rows at a time, none waiting in memory."""
    failed = Counter[str]()
    waiting = iter(rows)
    columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with httpx.AsyncClient(timeout=options.timeout) as client:
        model = open_model(client)
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("asking", total=len(rows))

            async def work() -> None:
                for row in waiting:
                    try:
                        asked.add(await ask(model, row, rationales=options.rationales))
                    except NotAnswered as error:
                        failed[str(error)] += 1
                    progress.advance(bar)

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(options.concurrency):
                        group.create_task(work())
            except* ConfigurationError as errors:
                raise errors.exceptions[0] from None
    return failed


async def ask(model: Model, row: Row, *, rationales: bool) -> Row:
    """A harmful row gets a safe answer; each gets a rationale."""
    made = {**row, "written_by": model.name}
    if row["label"] == "harmful":
        made["response"] = await model.write(answer_messages(row))
    if rationales:
        made["why"] = await model.write(rationale_messages(row))
    return made


def read(path: Path) -> Iterator[Row]:
    """Rows with a category of ours."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in data.decode().split("\n"):
        if line.strip():
            yield with_category(json.loads(line))


def with_category(row: dict[str, Any]) -> Row:
    own = row.get("category") or ""
    if row["label"] == "harmful" and own not in CATEGORIES:
        return {**row, "category": category(row.get("source", ""), own, row["text"])}
    return {**row, "category": own}


def write(out: Path, rows: list[Row], dropped: Counter[str]) -> None:
    with gzip.open(out / "collected.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (out / "dropped.json").write_text(json.dumps(dict(dropped.most_common()), indent=2) + "\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.collect", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="ask about so many rows more, at most")
    parser.add_argument("--per", type=int, help="keep so many rows of a category and language, at most")
    parser.add_argument("--same-answer", type=int, default=3, help="how often one answer may be given")
    parser.add_argument("--no-rationales", dest="rationales", action="store_false")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one answer")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
