"""A report for a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from gateway.evaluation.report import Report
from gateway.evaluation.sheets import Sheet, sheets, summary

MOST_LINES = 40


def tables(made: Report) -> Group:
    return Group(Text(summary(made)), *map(table, sheets(made, intervals=False)))


def table(sheet: Sheet) -> Table:
    """The largest groups, where there are many; a data set may have hundreds."""
    shown, left_out = sheet.lines, len(sheet.lines) - MOST_LINES
    if left_out > 0:
        shown = sorted(sheet.lines, key=lambda line: -line.n)[:MOST_LINES]
    caption = f"and {left_out} smaller groups: see `--json` or `--markdown`" if left_out > 0 else None
    found = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    found.add_column(sheet.title, overflow="fold")
    for head in sheet.heads:
        found.add_column(head, justify="right", no_wrap=True)
    for line in shown:
        found.add_row(Text(line.name), *line.cells)
    return found
