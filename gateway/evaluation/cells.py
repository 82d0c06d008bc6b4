"""Figures as a table's cells."""

from __future__ import annotations

from gateway.evaluation.intervals import Interval


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def bounds(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"


def milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.1f} ms"
