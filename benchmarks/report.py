"""Figures as tables: medians over rounds, latency as what a gateway adds to direct, and ratios to peers."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]
Cell = float | None


@dataclass(frozen=True, slots=True)
class Column:
    """`added`: the figure of `direct` is taken off."""

    title: str
    path: str
    digits: int
    added: bool = False


COLUMNS = (
    Column("cpu ms", "full/cpu_ms", 3),
    Column("cpu ms answered", "answered/cpu_ms", 3),
    Column("max rps", "full/ok_rps", 0),
    Column("+p50 ms", "rate/latency_ms/p50", 2, added=True),
    Column("+p99 ms", "rate/latency_ms/p99", 2, added=True),
    Column("+ttft p50", "stream/ttft_ms/p50", 2, added=True),
    Column("+ttft p99", "stream/ttft_ms/p99", 2, added=True),
    Column("+transit p50", "stream/transit_ms/p50", 2, added=True),
    Column("chunks/s", "chunks/events_per_s", 0),
    Column("us/chunk", "chunks/cpu_us_per_event", 1),
    Column("rss MiB", "rss_idle_mib", 0),
    Column("rss 10k", "memory/rss_mib", 0),
    Column("start s", "start_s", 2),
    Column("foreign cores", "foreign_cores", 2),
)


def dig(figures: Figures, path: str) -> Cell:
    value: Any = figures
    for key in path.split("/"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return None if value is None else float(value)


def median(runs: Iterable[Figures], path: str) -> Cell:
    values = [value for run in runs if (value := dig(run, path)) is not None]
    return statistics.median(values) if values else None


def table(runs: Sequence[Figures]) -> list[list[str]]:
    """A line per entry, in the order in which they were first measured."""
    lines = [["", "runs", *(column.title for column in COLUMNS)]]
    direct = [run for run in runs if run["name"] == "direct"]
    for name in dict.fromkeys(run["name"] for run in runs):
        own = [run for run in runs if run["name"] == name]
        cells = [cell(column, own, [] if name == "direct" else direct) for column in COLUMNS]
        lines.append([name, str(len(own)), *cells])
    return lines


def cell(column: Column, own: Sequence[Figures], direct: Sequence[Figures]) -> str:
    value, less = median(own, column.path), median(direct, column.path) if column.added else None
    if value is None or (column.path == "full/cpu_ms" and not value):
        return "-"
    return f"{value - (less or 0):.{column.digits}f}"


def against_peers(runs: Sequence[Figures], name: str, peers: Sequence[Figures]) -> list[list[str]]:
    """How many times the peer's figure is ours: over 1 is to our advantage."""
    own = [run for run in runs if run["name"] == name]
    compared = (
        ("cpu", "cpu_ms", "full/cpu_ms"),
        ("us/chunk", "us_per_event", "chunks/cpu_us_per_event"),
        ("rss idle", "rss_idle", "rss_idle_mib"),
        ("rss 10k", "rss_after", "memory/rss_mib"),
        ("start", "start_s", "start_s"),
    )
    lines = [[f"{name} against", *(title for title, _, _ in compared)]]
    for peer in peers:
        cells = [ratio(peer.get(theirs), median(own, ours)) for _, theirs, ours in compared]
        lines.append([str(peer["name"]), *cells])
    return lines


def ratio(theirs: Cell, ours: Cell) -> str:
    return "-" if not theirs or not ours else f"{theirs / ours:.1f}x"


def calls(runs: Sequence[Figures]) -> list[list[str]]:
    """What the mock saw per request: the proof that each entry did the work."""
    lines = [["calls per request", "guardian", "upstream", "connections", "closed early", "harmful: upstream"]]
    for run in {run["name"]: run for run in runs if "full" in run}.values():
        seen, check = run["full"]["calls"], run.get("check", {})
        counted = [seen[name] for name in ("guardian", "chat", "connections", "early_closed")]
        lines.append([run["name"], *map(str, counted), str(check.get("harmful", {}).get("chat", "-"))])
    return lines


def rendered(lines: Sequence[Sequence[str]], *, markdown: bool) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = [
        [
            text.rjust(width) if column else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    if not markdown:
        return "\n".join("  ".join(line) for line in padded)
    rows = ["| " + " | ".join(line) + " |" for line in padded]
    return "\n".join([rows[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *rows[1:]])


def told(runs: Sequence[Figures], print_line: Callable[[str], None]) -> None:
    """What a reader must know before believing the table."""
    worst = max((run["foreign_cores"] for run in runs), default=0)
    print_line(f"Other programs took up to {worst:.1f} cores during a run: above 0.3, believe CPU figures, not times.")
    for run in runs:
        if "error" in run:
            print_line(f"error: {run['name']}: {run['error']}")
