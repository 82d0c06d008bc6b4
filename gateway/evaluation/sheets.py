"""A report as tables of text, for Markdown and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.evaluation.cells import bounds, milliseconds, number
from gateway.evaluation.datasets import UNKNOWN
from gateway.evaluation.latency import PERCENTS, Length
from gateway.evaluation.macro import Mean, Refused
from gateway.evaluation.report import Report
from gateway.evaluation.responses.checks import Checks, Responses
from gateway.evaluation.score import FIGURES, Scores

HEADS = ("F1", "precision", "recall", "FPR", "AUPRC")
"""Of FIGURES."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its name, its cells, and the number of queries that it is about."""

    name: str
    cells: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    heads: tuple[str, ...]
    lines: Sequence[Line]


def sheets(made: Report, *, intervals: bool) -> list[Sheet]:
    """`intervals`: they stand behind their figures, where there is room for that."""
    found = [scores_sheet("overall", {"all": made.overall}, intervals)]
    found += [scores_sheet(title(name), groups, intervals) for name, groups in made.groups.items()]
    if any(mean.groups > 1 for means in made.macro.values() for mean in means.values()):
        parts = "sources" if set(made.by_slice) == {UNKNOWN} else "slices"
        found.append(macro_sheet(f"mean of {parts}", made.macro, intervals))
    found += [
        refused_sheet(f"only safe rows, {title(name)}", groups)
        for name, groups in made.over_refusal.items()
        if groups and name in made.groups
    ]
    if len(made.latency_by_length) > 1:
        found.append(length_sheet(made.latency_by_length))
    return [*found, *response_sheets(made.responses)] if made.responses and made.responses.overall.n else found


def scores_sheet(name: str, groups: Mapping[str, Scores], intervals: bool) -> Sheet:
    lines = [Line(group, tuple(scores_cells(one, intervals)), one.n) for group, one in groups.items()]
    return Sheet(name, ("n", *HEADS, "ECE", "errors"), lines)


def scores_cells(scores: Scores, intervals: bool) -> Iterator[str]:
    yield f"{scores.n:,}"
    for name in FIGURES:
        yield number(getattr(scores, name)) + (bounds(scores.intervals[name]) if intervals else "")
    yield number(scores.ece)
    yield str(scores.errors)


def macro_sheet(name: str, macro: Mapping[str, Mapping[str, Mean]], intervals: bool) -> Sheet:
    """In parentheses: of how many groups it is the mean."""
    lines = [
        Line(lang, tuple(mean_cell(means.get(name), intervals) for name in FIGURES), 0) for lang, means in macro.items()
    ]
    return Sheet(name, HEADS, lines)


def mean_cell(mean: Mean | None, intervals: bool) -> str:
    if mean is None:
        return number(None)
    return f"{number(mean.value)} ({mean.groups})" + (bounds(mean.interval) if intervals else "")


def refused_sheet(name: str, groups: Mapping[str, Refused]) -> Sheet:
    lines = [
        Line(group, (f"{one.n:,}", f"{one.flagged:,}", number(one.fpr) + bounds(one.interval)), one.n)
        for group, one in groups.items()
    ]
    return Sheet(name, ("n", "flagged", "FPR"), lines)


def length_sheet(lengths: Sequence[Length]) -> Sheet:
    lines = [
        Line(
            f"{one.least:,} to {one.most:,} characters",
            (f"{one.n:,}", *(milliseconds(value) for value in one.latency.values())),
            one.n,
        )
        for one in lengths
    ]
    return Sheet("latency by length", ("n", *(f"p{percent}" for percent in PERCENTS)), lines)


def response_sheets(made: Responses) -> Iterator[Sheet]:
    languages = {"all": made.overall, **(made.by_lang if len(made.by_lang) > 1 else {})}
    rules = [
        Line(title(rule), tuple(kept_cell(one, rule) for one in languages.values()), 0) for rule in made.overall.rules
    ]
    yield Sheet("safe responses", tuple(f"{name}, n = {one.n:,}" for name, one in languages.items()), rules)
    words = made.overall.openings.words
    openings = [Line(name, opening_cells(one), one.n) for name, one in languages.items()]
    yield Sheet(f"first {words} words", ("n", "different", "most common"), openings)


def kept_cell(checks: Checks, rule: str) -> str:
    found = checks.rules[rule]
    return number(found.rate) + bounds(found.interval)


def opening_cells(checks: Checks) -> tuple[str, ...]:
    found = checks.openings
    return f"{found.n:,}", f"{found.distinct:,}", number(found.most_common)


def title(name: str) -> str:
    return name.replace("_", " ")


def summary(made: Report) -> str:
    threshold = "the guardian's label" if made.threshold is None else f"score ≥ {made.threshold:g}"
    latency = ", ".join(f"{name} {milliseconds(value)}" for name, value in made.latency.items())
    errors = ", ".join(f"{count} {kind}" for kind, count in made.errors.items()) or "none"
    return f"Harmful is: {threshold}. Latency: {latency}. Guardian errors: {errors}.{said(made.responses)}"


def said(made: Responses | None) -> str:
    if made is None:
        return ""
    one = made.overall
    signs = ", ".join(f"{count} {name}" for name, count in one.signs.items() if count) or "none"
    return (
        f"\nSafe responses: {one.n:,}, {one.forced:,} of them forced, {one.errors:,} failed. Signs of complying:"
        f" {signs}. The language is told by {made.language_by}."
    )
