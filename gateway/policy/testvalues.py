"""The values of a test file, each of its kind. What is of another kind is told, and its default taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from gateway.policy.diagnostics import Findings, Span
from gateway.policy.draft import check_fields
from gateway.policy.fields import one_name
from gateway.policy.matching import given, truth
from gateway.policy.source import Item

N = TypeVar("N", bound=str)


@dataclass(frozen=True, slots=True)
class Values:
    """The fields of a mapping."""

    item: Item
    findings: Findings

    def get(self, key: str) -> Item | None:
        return self.item.get(key)

    def text(self, key: str, default: str = "") -> str:
        item = self.get(key)
        return default if item is None else as_text(item, key, self.findings)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A text or a list of them; None where the field is not there."""
        item = self.get(key)
        return None if item is None else tuple(as_text(one, key, self.findings) for one in item.items)

    def flag(self, key: str) -> bool:
        item = self.get(key)
        return item is not None and truth(item, key, self.findings) is True

    def name(self, key: str, known: Sequence[N]) -> N | None:
        """One of the known names; None where the field is not there, or wrong."""
        return one_name(self.findings, self.item, key, known, known[0]) if self.get(key) is not None else None

    def share(self, key: str) -> float | None:
        item = self.get(key)
        value = None if item is None else item.value
        if item is None or (not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= 1):
            return None if item is None else float(str(value))
        self.findings.error("P011", item.span, f"`{key}` must be a number of 0 to 1, not {given(item)}", "write `0.5`")
        return None

    def moment(self, key: str) -> float:
        """UNIX time of an ISO time with its zone."""
        item = self.get(key)
        found = None if item is None else moment(str(item.value))
        if item is not None and found is None:
            hint = "write `2026-12-01T09:30+09:00`, or `2026-12-01T00:30Z`"
            self.findings.error("P016", item.span, f"`{key}` is no time with a zone: {given(item)}", hint)
        return found or 0.0


def moment(text: str) -> float | None:
    """UNIX time of an ISO time with its zone; None when it is none."""
    try:
        read = datetime.fromisoformat(text)
        return None if read.tzinfo is None else read.timestamp()
    except (ValueError, OverflowError):
        return None


def as_text(item: Item, what: str, findings: Findings) -> str:
    if isinstance(item.value, str):
        return item.value
    findings.error("P007", item.span, f"`{what}` must be a text, not {given(item)}", "quote it")
    return ""


def values(item: Item | None, what: str, known: Collection[str], findings: Findings) -> Values:
    """A mapping with these fields; without one, no fields."""
    nothing = Item({}, Span("") if item is None else item.span)
    if item is None:
        return Values(nothing, findings)
    if not isinstance(item.value, dict):
        fields = ", ".join(f"`{key}`" for key in known)
        findings.error("P007", item.span, f"`{what}` must be a mapping, not {given(item)}", f"its fields are {fields}")
        return Values(nothing, findings)
    check_fields(findings, item, known, what)
    return Values(item, findings)
