"""What a rule does: `forward`, `block`, or one of them with its detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.policy.diagnostics import Findings, near
from gateway.policy.source import Item
from gateway.types import GUARDIAN, Action, Block, Catalog, Forward, Respond, SafeResponse

KINDS = ("forward", "respond", "block")


class Names(Protocol):
    """What an action may name."""

    catalog: Catalog
    findings: Findings
    responses: dict[str, SafeResponse]


def action(item: Item, names: Names) -> Action | None:
    """The action, or None with the error among the findings."""
    if item.value == "forward":
        return Forward()
    if item.value == "block":
        return Block()
    if item.value == "respond":
        names.findings.error("P006", item.span, "`respond` needs the name of a response", "write `{respond: <name>}`")
        return None
    if isinstance(item.value, dict) and len(item.value) == 1:
        ((kind, detail),) = item.value.items()
        if kind in KINDS:
            return detailed(kind, detail, names)
    told = f"`{item.value}`" if isinstance(item.value, str) else item.kind
    hint = "it is `forward`, `block`, or one of `{respond: ...}`, `{forward: ...}`, `{block: ...}`"
    if isinstance(item.value, str):
        hint = near(item.value, KINDS)
    names.findings.error("P006", item.span, f"unknown action {told}", hint)
    return None


def error_action(item: Item, names: Names) -> Action | None:
    """The action of `on_error`: a plain `block` tells the caller that the guardian is unavailable, with 503."""
    found = action(item, names)
    return Block(503) if found == Block() else found


def detailed(kind: str, detail: Item, names: Names) -> Action | None:
    if kind == "block":
        return block(detail, names)
    known: Mapping[str, object] | frozenset[str] = names.catalog.upstreams
    what = "upstream"
    if kind == "respond":
        known, what = {**names.responses, GUARDIAN: None}, "response"
    if not isinstance(detail.value, str) or detail.value not in known:
        names.findings.error("P010", detail.span, f"unknown {what} `{detail.value}`", near(str(detail.value), known))
        return None
    return Forward(detail.value) if kind == "forward" else Respond(detail.value)


def block(detail: Item, names: Names) -> Action | None:
    status = detail.get("status")
    if status is None or not isinstance(status.value, int) or not 400 <= status.value <= 599 or len(detail.keys) != 1:
        hint = "write `{block: {status: 403}}`"
        names.findings.error("P006", detail.span, "`block` takes a status of 400 to 599", hint)
        return None
    return Block(status.value)
