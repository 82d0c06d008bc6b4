"""The small fields of a rule: its name, its mode and since when, how the caller is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from gateway.policy.diagnostics import Findings, near, quoted
from gateway.policy.matching import given, truth
from gateway.policy.rules import Mode
from gateway.policy.source import Item
from gateway.types import Signal

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)%")
SIGNALS: tuple[Signal, ...] = ("completion", "error")
PLAIN_MODES = ("enforce", "shadow")
MODE_FIELDS = ("canary", "by")
KEYS = ("conversation", "tenant")
N = TypeVar("N", bound=str)


def kebab_name(findings: Findings, item: Item) -> None:
    if not KEBAB.fullmatch(str(item.value)) or len(str(item.value)) > 100:
        hint = "use lower-case words and hyphens, 100 signs at most"
        findings.error("P009", item.span, f"{quoted(item.value)} is not a rule's name", hint)


def one_name(findings: Findings, item: Item, field: str, known: Sequence[N], default: N) -> N:
    """One of the known names in this field of a mapping; the default where it is not there or wrong."""
    inner = item.get(field)
    if inner is None:
        return default
    found = next((name for name in known if name == inner.value), None)
    if found is None:
        findings.error("P010", inner.span, f"unknown {field} {given(inner)}", near(inner.value, known))
    return found or default


def mode(findings: Findings, item: Item | None) -> Mode:
    """`enforce`, `shadow`, or `{canary: 10%}` with `by: conversation | tenant`."""
    if item is None or item.value == "enforce":
        return Mode()
    if item.value == "shadow":
        return Mode("shadow")
    if not isinstance(item.value, dict) or "canary" not in item.value:
        hint = (
            near(item.value, PLAIN_MODES)
            if isinstance(item.value, str)
            else "it is `enforce`, `shadow` or `{canary: 10%}`"
        )
        findings.error("P010", item.span, f"unknown mode {given(item)}", hint)
        return Mode("shadow")
    for key, span in item.keys.items():
        if key not in MODE_FIELDS:
            findings.error("P004", span, f"unknown field {quoted(key)} in mode", near(key, MODE_FIELDS))
    by = one_name(findings, item, "by", KEYS, "conversation")
    return Mode("canary", percent(findings, item.value["canary"]), "tenant" if by == "tenant" else "conversation")


def percent(findings: Findings, item: Item) -> float:
    found = PERCENT.fullmatch(item.value) if isinstance(item.value, str) else None
    share = float(found[1]) if found else -1.0
    if not 0 <= share <= 100:
        findings.error(
            "P011", item.span, f"a canary is a share of 0% to 100%, not {given(item)}", "write `{canary: 10%}`"
        )
    return share


def since(findings: Findings, item: Item | None) -> str:
    """A day, as `2026-12-01`."""
    if item is None:
        return ""
    try:
        return date.fromisoformat(str(item.value)).isoformat()
    except ValueError:
        findings.error("P016", item.span, f"`since` is no day: {given(item)}", "write `2026-12-01`")
        return ""


def flagged(findings: Findings, rule: Item, file: Item) -> Signal | None:
    """The rule's `signal`, else the file's."""
    for holder in (rule, file):
        if "signal" in holder.keys:
            return one_name(findings, holder, "signal", SIGNALS, SIGNALS[0])
    return None


def annotates(findings: Findings, rule: Item, file: Item) -> bool:
    """The rule's `annotate`, else the file's."""
    item = rule.get("annotate") or file.get("annotate")
    return item is not None and truth(item, "annotate", findings) is True
