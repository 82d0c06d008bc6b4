"""An evaluation as JSON, as Markdown and as tables for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row
from gateway.evaluation.score import Interval, Judged, Reading, Scores, percentile, score, score_by
from gateway.types import GuardianError, Verdict

GROUPS: Mapping[str, Callable[[Row], str]] = {
    "by_lang": lambda row: row.lang,
    "by_source": lambda row: row.source,
    "by_category": lambda row: row.category,
    "by_slice": lambda row: row.slice,
}
COLUMNS = ("n", "F1", "precision", "recall", "FPR", "AUPRC", "ECE", "errors")
SHOWN_GROUPS = 40
SHOWN = ("f1", "precision", "recall", "fpr", "auprc")


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of all rows and of each group, latency in seconds, guardian errors by kind."""

    overall: Scores
    by_lang: Mapping[str, Scores]
    by_source: Mapping[str, Scores]
    by_category: Mapping[str, Scores]
    by_slice: Mapping[str, Scores]
    latency: Mapping[str, float | None]
    errors: Mapping[str, int]
    threshold: float | None

    @property
    def groups(self) -> dict[str, Mapping[str, Scores]]:
        """Those that tell more than the overall row does."""
        found = {name: getattr(self, name) for name in GROUPS}
        return {name: groups for name, groups in found.items() if len(groups) > 1}


def report(judged: Sequence[Judged], reading: Reading) -> Report:
    check_threshold(judged, reading)
    seconds = [one.outcome.seconds for one in judged]
    errors = Counter(one.outcome.kind for one in judged if isinstance(one.outcome, GuardianError))
    return Report(
        overall=score(judged, reading),
        **{name: score_by(judged, group, reading) for name, group in GROUPS.items()},
        latency={f"p{percent}": percentile(seconds, percent / 100) for percent in (50, 95, 99)},
        errors=dict(sorted(errors.items())),
        threshold=reading.threshold,
    )


def check_threshold(judged: Sequence[Judged], reading: Reading) -> None:
    """A threshold reads scores: raises ConfigurationError when the guardian gives none."""
    verdicts = [one.outcome for one in judged if isinstance(one.outcome, Verdict)]
    if reading.threshold is not None and verdicts and all(verdict.score is None for verdict in verdicts):
        raise ConfigurationError("the guardian gives no scores, only labels: leave `--threshold` out")


def write_json(made: Report, path: Path) -> None:
    path.write_bytes(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def markdown(made: Report) -> str:
    """The tables as Markdown, intervals included."""
    parts = [summary(made), table_as_markdown("overall", {"all": made.overall})]
    parts += [table_as_markdown(title(name), groups) for name, groups in made.groups.items()]
    return "\n\n".join(parts) + "\n"


def table_as_markdown(name: str, groups: Mapping[str, Scores]) -> str:
    lines = [
        f"| {' | '.join((name, *COLUMNS))} |",
        f"|{' --- |'}{' ---: |' * len(COLUMNS)}",
        *(f"| {group.replace('|', chr(92) + '|')} | {' | '.join(cells(scores))} |" for group, scores in groups.items()),
    ]
    return "\n".join(lines)


def tables(made: Report) -> Group:
    """The same for a terminal."""
    overall = rich_table("overall", {"all": made.overall})
    return Group(summary(made), overall, *(rich_table(title(name), groups) for name, groups in made.groups.items()))


def rich_table(name: str, groups: Mapping[str, Scores]) -> Table:
    """The largest groups; a data set may have hundreds."""
    largest = sorted(groups, key=lambda group: -groups[group].n)[:SHOWN_GROUPS]
    left_out = len(groups) - len(largest)
    caption = f"and {left_out} smaller groups: see `--json` or `--markdown`" if left_out else None
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    table.add_column(name, overflow="fold")
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for group in largest:
        table.add_row(Text(group), *cells(groups[group], intervals=False))
    return table


def title(name: str) -> str:
    return name.replace("_", " ")


def summary(made: Report) -> str:
    threshold = "the guardian's label" if made.threshold is None else f"score ≥ {made.threshold:g}"
    latency = ", ".join(f"{name} {milliseconds(value)}" for name, value in made.latency.items())
    errors = ", ".join(f"{count} {kind}" for kind, count in made.errors.items()) or "none"
    return f"Harmful is: {threshold}. Latency: {latency}. Guardian errors: {errors}."


def cells(scores: Scores, *, intervals: bool = True) -> Iterator[str]:
    yield f"{scores.n:,}"
    for name in SHOWN:
        interval = scores.intervals[name] if intervals else None
        yield number(getattr(scores, name)) + bounds(interval)
    yield number(scores.ece)
    yield str(scores.errors)


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def bounds(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"


def milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.1f} ms"
