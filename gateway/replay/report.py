"""A comparison as tables for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.replay.compare import Case, Comparison, Tally, TrialTally

MOST_ROWS = 20
ADVICE: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda needs: needs.endswith("of the answer"), "an upstream's answer is never stored"),
    (lambda needs: needs.startswith("header"), "headers are never stored"),
    (lambda needs: needs in ("message", "language"), "set GATEWAY_AUDIT__CONTENT=true to store texts"),
    (lambda needs: needs.startswith("guardian "), "it was not asked then: --rejudge asks it now"),
)


def as_json(found: Comparison) -> dict[str, Any]:
    """`before` and `after`: of a rule the queries it decides, of a tenant or category those kept from the upstream."""
    return {
        "before": found.names[0],
        "after": found.names[1],
        "queries": found.queries,
        "same": found.same,
        "changed": found.changed,
        "unknown": dict(found.unknown.most_common()),
        "left_out": found.left_out,
        "transitions": [transition_as_json(found, *one) for one, _ in found.transitions.most_common()],
        "rules": tallies(found.rules),
        "tenants": tallies(found.tenants),
        "categories": tallies(found.categories),
        "trials": {name: asdict(tally) for name, tally in trials_ranked(found)},
    }


def transition_as_json(found: Comparison, before: str, after: str) -> dict[str, Any]:
    examples = [asdict(case) for case in found.examples[before, after]]
    return {"from": before, "to": after, "queries": found.transitions[before, after], "examples": examples}


def tallies(groups: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
    return {name: asdict(tally) for name, tally in ranked(groups)}


def ranked(groups: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """The most changed first, then the largest."""
    return sorted(groups.items(), key=lambda one: (-one[1].changed, -one[1].queries, one[0]))


def tables(found: Comparison) -> Group:
    parts: list[RenderableType] = [Text(summary(found))]
    parts += [Text(f"  {line}") for line in unknowns(found)]
    if found.changed:
        parts += [transitions(found), groups("rule", "decides", found.rules)]
        parts += [groups("tenant", "kept back", found.tenants), groups("category", "kept back", found.categories)]
    if found.trials:
        parts.append(trials(found))
    return Group(*parts)


def summary(found: Comparison) -> str:
    share = f" ({100 * found.changed / found.queries:.1f} %)" if found.queries else ""
    left_out = f", {found.left_out:,} left out (no query was decided)" if found.left_out else ""
    return (
        f"{found.names[0]} -> {found.names[1]}: {found.queries:,} queries, {found.changed:,} decided otherwise{share},"
        f" {found.unknown.total():,} unknown{left_out}"
    )


def unknowns(found: Comparison) -> Iterator[str]:
    for needs, count in found.unknown.most_common():
        advice = next((text for fits, text in ADVICE if fits(needs)), "it is not in the record")
        yield f"{count:,} hang on `{needs}`: {advice}"


def transitions(found: Comparison) -> Table:
    table = grid(("before", "after", "for example"), ("queries",))
    for (before, after), count in found.transitions.most_common(MOST_ROWS):
        cases = "\n".join(example(case) for case in found.examples[before, after])
        table.add_row(Text(before), Text(after), Text(cases), f"{count:,}")
    return table


def example(case: Case) -> str:
    text = f': "{printable(case.text)}"' if case.text is not None else ""
    when = "" if case.time is None else f"{datetime.fromtimestamp(case.time, UTC):%m-%d %H:%M:%S}Z"
    return " ".join(filter(None, (f"{printable(case.tenant)}, {case.outcome}{text}", when, printable(case.id))))


def printable(text: str) -> str:
    """In one line, and no command to the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:120]


def groups(name: str, what: str, found: Mapping[str, Tally]) -> Table:
    rows = [one for one in ranked(found) if one[1].changed]
    table = grid((name,), ("queries", f"{what}, before", "after", "changed"))
    for key, tally in rows[:MOST_ROWS]:
        figures = (tally.queries, tally.before, tally.after, tally.changed)
        table.add_row(Text(printable(key)), *(f"{figure:,}" for figure in figures))
    if len(rows) > MOST_ROWS:
        table.caption = f"and {len(rows) - MOST_ROWS} more: see --json"
    return table


def trials(found: Comparison) -> Table:
    """What enforcing the rules in shadow or canary mode would add, each by itself."""
    table = grid(("rule on trial",), ("matches as well", "would change", "cannot be told"))
    for name, tally in trials_ranked(found)[:MOST_ROWS]:
        table.add_row(Text(name), *(f"{count:,}" for count in (tally.matched, tally.different, tally.unknown)))
    return table


def trials_ranked(found: Comparison) -> list[tuple[str, TrialTally]]:
    return sorted(found.trials.items(), key=lambda one: (-one[1].different, -one[1].matched, one[0]))


def grid(left: Sequence[str], right: Sequence[str]) -> Table:
    """Columns of words, then columns of numbers."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in left:
        table.add_column(column, overflow="fold")
    for column in right:
        table.add_column(column, justify="right", no_wrap=True)
    return table
