"""The public sets, from where their owners publish them, as the one file that `prepare` reads.

    python -m training.sources --out DIR --held-out EVAL.jsonl [--only NAME ...]
    python -m training.sources --list

Writes `DIR/train.jsonl.gz` (`text`, `label`, `lang`, `source`, `category`, `kind`, `license`, for some `response`).
What was downloaded stays in `DIR/raw`. Give the rows that you evaluate on: benchmarks draw from several of these sets.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import track

from gateway.policy.languages import open_identifier
from training.prepare import LICENCES
from training.public.download import GITHUB, HUGGING_FACE, Hosts, NotReached
from training.public.formats import NotTheFile
from training.public.mixture import Mixture, Row, read_held_out
from training.public.sets import PublicSet
from training.public.table import SETS


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    console = Console(stderr=True)
    if options.list:
        print(table())
        return 0
    mixture = Mixture(open_identifier(), whole=options.whole)
    with httpx.Client(timeout=60, follow_redirects=True) as client:
        hosts = Hosts(client, options.out / "raw", options.github, options.huggingface)
        wanted = sorted((SETS[name] for name in options.only or SETS), key=lambda one: not free(one))
        failed = [one.name for one in track(wanted, "sets", console=console) if not took(one, hosts, mixture, console)]
    rows = mixture.without_leaks(read_held_out(options.held_out))
    count = write(options.out / "train.jsonl.gz", rows)
    console.print(f"{count} rows; left out: {dict(mixture.dropped)}")
    if options.held_out is None:
        console.print("no `--held-out` was given: rows may be in what you evaluate on")
    if failed:
        console.print(f"[red]without {', '.join(failed)}[/]")
    return 1 if failed else 0


def free(one: PublicSet) -> bool:
    """These come first: of a text that two sets have, the first is kept."""
    return one.licence.startswith(LICENCES)


def took(one: PublicSet, hosts: Hosts, mixture: Mixture, console: Console) -> bool:
    try:
        count = mixture.add(one, hosts.records(one))
    except (NotReached, NotTheFile) as error:
        console.print(f"[red]{one.name}[/]: {error}", highlight=False)
        return False
    changed = "" if count == one.rows else f", {one.rows} when it was last read: its owner has changed it"
    console.print(f"{one.name}: {count} records{changed}", highlight=False)
    return True


def write(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for count, row in enumerate(rows, 1):  # noqa: B007
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def table() -> str:
    """In Markdown, for the reference too."""
    rows = (
        f"| `{one.name}` | {one.place.partition(':')[2]} | {one.kind} | {one.rows:,} | {one.licence} | "
        f"{one.citation} | {one.note} |"
        for one in SETS.values()
    )
    head = "| set | published at | kind | records | licence | citation | note |"
    return "\n".join((head, "| --- " * 7 + "|", *rows))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.sources", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="show the sets, their licences and whom to cite")
    parser.add_argument("--out", type=Path, default=Path(".cache/training/sources"))
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=SETS, help="these sets")
    parser.add_argument(
        "--held-out", type=Path, metavar="JSONL", help="rows to evaluate on: what is near to one is left out"
    )
    parser.add_argument("--whole", action="store_true", help="all of every set, not its share of the mixture")
    parser.add_argument("--github", default=GITHUB, metavar="URL", help="a mirror of GitHub's raw files")
    parser.add_argument("--huggingface", default=HUGGING_FACE, metavar="URL", help="a mirror of Hugging Face's rows")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
