"""`unscanned:` of a policy file: what no guardian can see, and may pass all the same where the file applies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.policy.diagnostics import Findings, Span, near, quoted
from gateway.policy.matching import given
from gateway.policy.rules import Match, conditions_of
from gateway.policy.source import Item
from gateway.types import Phase
from gateway.unscanned import NAMES

FIELD = "unscanned"


@dataclass(frozen=True, slots=True)
class Passing:
    """What one file lets pass, of which queries."""

    names: frozenset[str]
    applies_to: tuple[Match, ...]
    span: Span


def compile_unscanned(findings: Findings, file: Item, phase: Phase, applies_to: tuple[Match, ...]) -> Passing | None:
    item = file.get(FIELD)
    if item is None:
        return None
    check_place(findings, item, phase, applies_to)
    names = [one.value for one in item.items if known(findings, one)]
    return Passing(frozenset(map(str, names)), applies_to, file.keys[FIELD])


def known(findings: Findings, item: Item) -> bool:
    found = isinstance(item.value, str) and item.value in NAMES
    if not found:
        findings.error("P010", item.span, f"unknown thing in `{FIELD}`: {given(item)}", near(item.value, NAMES))
    return found


def check_place(findings: Findings, item: Item, phase: Phase, applies_to: Sequence[Match]) -> None:
    """It is asked before any guardian is."""
    late = next((c for match in applies_to for c in conditions_of(match) if c.needs != "request"), None)
    if phase == "output":
        told = "the file judges answers: nothing of a query passes by it"
        findings.error("P022", item.span, told, f"write `{FIELD}` in a file of `phase: input`")
    elif late is not None:
        told = f"`{FIELD}` cannot wait for a verdict, and `applies_to` asks for one: {quoted(late.name)}"
        findings.error("P022", late.item.span, told, f"match on {quoted(late.name)} in the rules")
