"""A report as Markdown."""

from __future__ import annotations

from gateway.evaluation.report import Report
from gateway.evaluation.sheets import Sheet, sheets, summary


def markdown(made: Report) -> str:
    """The tables, intervals included."""
    return "\n\n".join([summary(made), *map(table, sheets(made, intervals=True))]) + "\n"


def table(sheet: Sheet) -> str:
    lines = [
        f"| {' | '.join((sheet.title, *sheet.heads))} |",
        f"|{' --- |'}{' ---: |' * len(sheet.heads)}",
        *(f"| {escaped(line.name)} | {' | '.join(line.cells)} |" for line in sheet.lines),
    ]
    return "\n".join(lines)


def escaped(name: str) -> str:
    return name.replace("|", "\\|")
