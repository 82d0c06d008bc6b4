"""Findings for a terminal and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from gateway.doctor.finding import Finding, Status

STYLES: Mapping[Status, str] = {"ok": "green", "warning": "yellow", "problem": "bold red", "not checked": "dim"}


def tables(findings: Mapping[str, Finding]) -> Group:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was found, and what to do", overflow="fold")
    for name, finding in folded(findings):
        advice = f"\n→ {finding.advice}" if finding.advice else ""
        table.add_row(Text(name), Text(finding.status, STYLES[finding.status]), Text(finding.told + advice))
    return Group(table, Text(summary(findings)))


def folded(findings: Mapping[str, Finding]) -> Iterator[tuple[str, Finding]]:
    """Neighbours with one and the same finding are one row: of a server that is out of reach there is little to say."""
    for finding, group in groupby(findings.items(), key=lambda one: one[1]):
        names = [name for name, _ in group]
        yield (names[0] if len(names) == 1 else f"{len(names)} checks"), finding


def summary(findings: Mapping[str, Finding]) -> str:
    counts = Counter(finding.status for finding in findings.values())
    return ", ".join(f"{counts[status]} {status}" for status in STYLES if counts[status])


def as_json(findings: Mapping[str, Finding], known: Mapping[str, Any]) -> dict[str, Any]:
    checks = [
        {"check": name, "status": finding.status, "found": finding.told, "advice": finding.advice or None}
        for name, finding in findings.items()
    ]
    return {**known, "problems": problems(findings), "checks": checks}


def problems(findings: Mapping[str, Finding]) -> int:
    return sum(finding.status == "problem" for finding in findings.values())
