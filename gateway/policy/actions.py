"""What a rule does: `forward`, `block`, or one of them with its detail; and what it does when a guardian failed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Protocol

from gateway.policy.diagnostics import Findings, near, quoted
from gateway.policy.matching import given
from gateway.policy.rules import OnError
from gateway.policy.source import Item
from gateway.types import ERROR_KINDS, GUARDIAN, Action, Block, Catalog, ErrorKind, Forward, Respond, SafeResponse

KINDS = ("forward", "respond", "block")
FORWARD_FIELDS = ("upstream", "model", "system_prompt")
OTHER = "other"
UNAVAILABLE = Block(503)
FAIL_CLOSED = OnError(UNAVAILABLE)


class Named(Protocol):
    """What an action may name."""

    catalog: Catalog
    findings: Findings
    responses: dict[str, SafeResponse]


def action(item: Item, named: Named) -> Action | None:
    """The action, or None with the error among the findings."""
    if item.value == "forward":
        return Forward()
    if item.value == "block":
        return Block()
    if item.value == "respond":
        named.findings.error("P006", item.span, "`respond` needs the name of a response", "write `{respond: <name>}`")
        return None
    if isinstance(item.value, dict) and len(item.value) == 1:
        ((kind, detail),) = item.value.items()
        if kind in KINDS:
            return {"forward": forward, "respond": respond, "block": block}[kind](detail, named)
    hint = "it is `forward`, `block`, or one of `{respond: ...}`, `{forward: ...}`, `{block: ...}`"
    if isinstance(item.value, str):
        hint = near(item.value, KINDS)
    named.findings.error("P006", item.span, f"unknown action {given(item)}", hint)
    return None


def forward(detail: Item, named: Named) -> Action | None:
    """`{forward: onprem}`, or `{forward: {upstream: ..., model: ..., system_prompt: ...}}`."""
    if not isinstance(detail.value, dict):
        name = known(detail, "upstream", named.catalog.upstreams, named.findings)
        return None if name is None else Forward(name)
    wrong = [key for key in detail.value if key not in FORWARD_FIELDS]
    for key in wrong:
        hint = near(key, FORWARD_FIELDS)
        named.findings.error("P004", detail.keys[key], f"unknown field {quoted(key)} in `forward`", hint)
    texts = {
        key: text(detail.value[key], key, named.findings) for key in ("model", "system_prompt") if key in detail.keys
    }
    upstream = detail.get("upstream")
    name = None if upstream is None else known(upstream, "upstream", named.catalog.upstreams, named.findings)
    if wrong or None in texts.values() or (upstream is not None and name is None):
        return None
    return Forward(name, texts.get("model"), texts.get("system_prompt"))


def respond(detail: Item, named: Named) -> Action | None:
    if isinstance(detail.value, str) and (detail.value == GUARDIAN or detail.value in named.responses):
        return Respond(detail.value)
    hint = near(detail.value, chain((GUARDIAN,), named.responses))
    named.findings.error("P010", detail.span, f"unknown response {given(detail)}", hint)
    return None


def block(detail: Item, named: Named) -> Action | None:
    status = detail.get("status")
    if status is None or not isinstance(status.value, int) or not 400 <= status.value <= 599 or len(detail.keys) != 1:
        hint = "write `{block: {status: 403}}`"
        span = detail.span if status is None else status.span
        named.findings.error("P006", span, "`block` takes a status of 400 to 599", hint)
        return None
    return Block(status.value)


def known(item: Item, what: str, names: Mapping[str, object] | frozenset[str], findings: Findings) -> str | None:
    if isinstance(item.value, str) and item.value in names:
        return item.value
    findings.error("P010", item.span, f"unknown {what} {given(item)}", near(item.value, names))
    return None


def text(item: Item, name: str, findings: Findings) -> str | None:
    if isinstance(item.value, str) and item.value.strip():
        return item.value
    findings.error("P007", item.span, f"`{name}` must be a text, not {given(item)}", "quote it")
    return None


def on_error(item: Item | None, named: Named, inherited: OnError) -> OnError:
    """One action for all kinds of error, or one by kind: `{timeout: {respond: busy}, other: block}`. A kind that is not
    named is done as `other` says, else as in the file, and else fails closed.
    """
    if item is None:
        return inherited
    if not isinstance(item.value, dict) or any(key in KINDS for key in item.value):
        found = error_action(item, named)
        return inherited if found is None else OnError(found)
    kinds: dict[ErrorKind, Action] = {} if OTHER in item.value else dict(inherited.kinds)
    other = inherited.other
    for key, detail in item.value.items():
        found = error_action(detail, named)
        kind = next((kind for kind in ERROR_KINDS if kind == key), None)
        if kind is None and key != OTHER:
            hint = near(key, (*ERROR_KINDS, OTHER))
            named.findings.error("P010", item.keys[key], f"unknown error {quoted(key)} in `on_error`", hint)
        elif found is not None and kind is not None:
            kinds[kind] = found
        elif found is not None:
            other = found
    return OnError(other, kinds)


def error_action(item: Item, named: Named) -> Action | None:
    """A plain `block` tells the caller that the guardian is unavailable, with 503."""
    return UNAVAILABLE if item.value == "block" else action(item, named)
