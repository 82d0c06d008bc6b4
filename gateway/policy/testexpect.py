"""What a test may expect of a decision, and what a decision is in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from gateway.policy.actions import KINDS
from gateway.policy.compile import actions_of
from gateway.policy.diagnostics import Findings, near, quoted
from gateway.policy.fields import SIGNALS
from gateway.policy.matching import given, truth
from gateway.policy.policyset import PolicySet
from gateway.policy.source import Item
from gateway.policy.testvalues import as_text, values
from gateway.types import Action, Block, Decision, Forward, Query, Reason, Respond

TEXTS = ("text", "model")
NAMES = ("action", "target", "upstream", "rule", "reason", "signal")
FLAGS = ("annotate", "speculative")
FIELDS = (*NAMES, *TEXTS, *FLAGS, "status", "shadow")
REFUSAL = "refusal"


def expected(item: Item | None, policy: PolicySet | None, findings: Findings) -> Mapping[str, object]:
    """What is expected, each of it something that a decision of this set may be."""
    expect = values(item, "expect", FIELDS, findings).item
    if item is not None and item.value == {}:
        findings.error("P005", item.span, "`expect` is empty: such a test never fails", "add `action:` or `rule:`")
    assert isinstance(expect.value, dict)
    return {key: value_of(key, inner, policy, findings) for key, inner in expect.value.items() if key in FIELDS}


def value_of(key: str, item: Item, policy: PolicySet | None, findings: Findings) -> object:
    if item.value is None and key not in ("action", "rule", "reason", "shadow", *FLAGS):
        return None
    if key in FLAGS:
        return truth(item, key, findings)
    if key == "status":
        return status(item, findings)
    if key in TEXTS:
        return as_text(item, key, findings)
    found = tuple(known(key, one, policy, findings) for one in item.items)
    if key == "shadow":
        return tuple(sorted(found))
    if isinstance(item.value, tuple):
        findings.error("P007", item.span, f"`{key}` is one name, not a list", "a decision has one: write that")
        return None
    return found[0]


def status(item: Item, findings: Findings) -> int | None:
    if isinstance(item.value, int) and not isinstance(item.value, bool) and 400 <= item.value <= 599:
        return item.value
    findings.error("P007", item.span, f"`status` is that of a block, 400 to 599, not {given(item)}", "write `403`")
    return None


def known(key: str, item: Item, policy: PolicySet | None, findings: Findings) -> str:
    """A name that this set may decide, where the set is known."""
    name = as_text(item, key, findings)
    choice = dict(choices(policy)).get(key)
    if isinstance(item.value, str) and choice is not None and name not in choice:
        findings.error("P010", item.span, f"no decision has the {key} {quoted(name)}", near(name, choice))
    return name


def choices(policy: PolicySet | None) -> Iterator[tuple[str, frozenset[str]]]:
    yield "action", frozenset(KINDS)
    yield "reason", frozenset(get_args(Reason))
    yield "signal", frozenset(SIGNALS)
    if policy is not None:
        taken = [policy.default, Forward(), *(one for rule in policy.rules for one in actions_of(rule))]
        forwards = frozenset(one.upstream or "default" for one in taken if isinstance(one, Forward))
        yield "upstream", forwards
        yield "target", forwards | {one.response for one in taken if isinstance(one, Respond)}
        yield "rule", frozenset(rule.name for rule in policy.rules) | {"default"}
        yield "shadow", frozenset(rule.name for rule in policy.rules if rule.mode.kind != "enforce")


def told(policy: PolicySet, query: Query, decision: Decision) -> Mapping[str, object]:
    """The decision in the words of `expect`."""
    return {
        "rule": decision.rule,
        "reason": decision.reason,
        "shadow": tuple(sorted(decision.shadow)),
        "annotate": decision.annotate,
        "speculative": policy.speculates(query),
        "signal": decision.signal or signal(decision.action),
        **dict.fromkeys(("target", "upstream", "model", "status", "text")),
        **detail(policy, query, decision),
    }


def signal(action: Action) -> str | None:
    """How a caller is told where no rule says it: nobody is told of what is forwarded."""
    return {Forward: None, Respond: "completion", Block: "error"}[type(action)]


def detail(policy: PolicySet, query: Query, decision: Decision) -> Mapping[str, object]:
    match decision.action:
        case Forward(upstream=upstream, model=model):
            name = upstream or "default"
            return {"action": "forward", "target": name, "upstream": name, "model": model or query.model}
        case Respond(response=name):
            return {"action": "respond", "target": name, "text": words(policy, query, name)}
        case Block(status=status):
            said = words(policy, query, REFUSAL) if decision.signal == "completion" else None
            return {"action": "block", "status": status, "text": said}


def words(policy: PolicySet, query: Query, name: str) -> str | None:
    """What a response of the files says; nobody knows it of one that a guardian writes."""
    response = policy.responses.get(name)
    return None if response is None else policy.words(response, query)
