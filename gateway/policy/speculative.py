"""`speculative`: the queries to which a file applies may be forwarded before their verdict."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.policy.diagnostics import Findings
from gateway.policy.matching import truth
from gateway.policy.rules import Match, conditions_of
from gateway.policy.source import Item
from gateway.types import Phase

FIELD = "speculative"


def speculative(findings: Findings, file: Item, phase: Phase, applies_to: Sequence[Match]) -> bool:
    """What the file says. It must be known before there is a verdict, let alone an answer."""
    item = file.get(FIELD)
    if item is None or not truth(item, FIELD, findings):
        return False
    late = next((c for match in applies_to for c in conditions_of(match) if c.needs != "request"), None)
    if phase == "output":
        told = "the file judges answers: no query can be forwarded before the verdict by it"
        findings.error("P021", item.span, told, f"write `{FIELD}` in a file of `phase: input`")
    elif late is not None:
        told = f"`{FIELD}` cannot wait for a verdict, and `applies_to` asks for one: `{late.name}`"
        findings.error("P021", late.item.span, told, f"match on `{late.name}` in the rules")
    return True
