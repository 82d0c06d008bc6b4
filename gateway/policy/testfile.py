"""One test of a test file: a query, what the guardians said, and the decision that is expected."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gateway.policy.diagnostics import Findings, Span, near, quoted
from gateway.policy.matching import given, names
from gateway.policy.policyset import PolicySet
from gateway.policy.source import Item
from gateway.policy.testexpect import expected
from gateway.policy.testvalues import Values, as_text, values
from gateway.types import ERROR_KINDS, LABELS, PHASES, GuardianError, Message, Outcome, Phase, Query, Verdict

FIELDS = ("name", "query", "phase", "verdict", "error", "guardian", "verdicts", "errors", "expect")
QUERY_FIELDS = ("text", "messages", "tenant", "model", "stream", "tools", "headers", "surface", "time", "conversation")
VERDICT_FIELDS = ("label", "categories", "score")
UNNAMED = ""
"""The guardian of an outcome whose test does not say whose it is."""
Said = tuple[str, str, Item]
"""Whose it is, `verdict` or `error`, and what is written."""


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One test; `expect` maps what is expected to its value."""

    name: str
    query: Query
    outcomes: Mapping[str, Outcome]
    expect: Mapping[str, object]
    span: Span


@dataclass(frozen=True, slots=True)
class Reading:
    """What tests may name. Without a set, rules and guardians are not checked."""

    categories: Collection[str]
    findings: Findings
    policy: PolicySet | None


def compile_test(item: Item, reading: Reading) -> PolicyTest:
    findings = reading.findings
    test = values(item, "test", FIELDS, findings)
    for key in ("name", "expect") if isinstance(item.value, dict) else ():
        if test.get(key) is None:
            findings.error("P005", item.span, f"a test has no `{key}`", f"add `{key}:`")
    query = query_of(test.get("query"), test.name("phase", PHASES) or "input", findings)
    expect = expected(test.get("expect"), reading.policy, findings)
    return PolicyTest(test.text("name"), query, outcomes_of(test, reading), expect, item.span)


def query_of(item: Item | None, phase: Phase, findings: Findings) -> Query:
    query = values(item, "query", QUERY_FIELDS, findings)
    return Query(
        surface=query.text("surface", "chat"),
        raw=b"",
        body={},
        model=query.text("model"),
        messages=messages_of(query, phase, findings),
        request_id="test",
        tenant=query.text("tenant", "default"),
        stream=query.flag("stream"),
        tools=query.flag("tools"),
        headers=headers_of(query.get("headers"), findings),
        received=query.moment("time"),
        conversation=query.text("conversation"),
        phase=phase,
    )


def messages_of(query: Values, phase: Phase, findings: Findings) -> tuple[Message, ...]:
    """The text, or one message for each of the texts. In the output phase it is the upstream's answer."""
    text, several = query.get("text"), query.texts("messages")
    if text is not None and several is not None:
        findings.error("P007", text.span, "a query has a `text` or `messages`, not both", "leave one out")
    role = "user" if phase == "input" else "assistant"
    return tuple(Message(role, (one,)) for one in several or (query.text("text"),))


def headers_of(item: Item | None, findings: Findings) -> Mapping[str, str]:
    if item is None or not isinstance(item.value, dict):
        values(item, "headers", (), findings)
        return {}
    return {name.lower(): as_text(inner, name, findings) for name, inner in item.value.items()}


def outcomes_of(test: Values, reading: Reading) -> Mapping[str, Outcome]:
    """By guardian; of each there is one."""
    found: dict[str, Outcome] = {}
    for guardian, key, item in said(test, reading):
        if guardian in found:
            whose = f" of {quoted(guardian)}" if guardian else ""
            reading.findings.error("P007", item.span, f"two outcomes{whose}, and a guardian gives one", "leave one out")
        make = verdict_of if key == "verdict" else error_of
        found[guardian] = make(guardian, item, reading)
    return found


def said(test: Values, reading: Reading) -> Iterator[Said]:
    """What the test says of each guardian."""
    whose = test.get("guardian")
    guardian = UNNAMED if whose is None else known_guardian(test.text("guardian"), whose.span, reading)
    for key in ("verdict", "error"):
        item = test.get(key)
        if item is not None:
            yield guardian, key, item
        several = test.get(f"{key}s")
        if several is not None and not isinstance(several.value, dict):
            hint = f"write `{key}s: {{default: ...}}`"
            reading.findings.error("P007", several.span, f"`{key}s` must be a mapping, not {given(several)}", hint)
        elif several is not None and isinstance(several.value, dict):
            yield from (
                (known_guardian(name, several.keys[name], reading), key, one) for name, one in several.value.items()
            )


def known_guardian(name: str, span: Span, reading: Reading) -> str:
    known = {"default"} if reading.policy is None else {"default", *(rule.guardian for rule in reading.policy.rules)}
    if reading.policy is not None and name not in known:
        reading.findings.error("P010", span, f"no rule asks a guardian {quoted(name)}", near(name, known))
    return name


def verdict_of(guardian: str, item: Item, reading: Reading) -> Verdict:
    findings = reading.findings
    verdict = values(item, "verdict", VERDICT_FIELDS, findings)
    if isinstance(item.value, dict) and verdict.get("label") is None:
        findings.error("P005", item.span, "a verdict has no `label`", f"it is one of {', '.join(LABELS)}")
    listed = verdict.get("categories")
    named = None if listed is None or not listed.items else names(listed, "category", reading.categories, findings)
    return Verdict(
        guardian, verdict.name("label", LABELS) or "safe", tuple(sorted(named or ())), verdict.share("score")
    )


def error_of(guardian: str, item: Item, reading: Reading) -> GuardianError:
    kind = next((one for one in ERROR_KINDS if one == item.value), None)
    if kind is None:
        reading.findings.error("P010", item.span, f"unknown error {given(item)}", near(item.value, ERROR_KINDS))
    return GuardianError(guardian, kind or "timeout")
