"""Tests beside the policies: a query, a given verdict or error, and the decision that is expected. They need no
model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.policy.compile import check_fields
from gateway.policy.diagnostics import Diagnostics, Findings, Span
from gateway.policy.explain import explain
from gateway.policy.matching import names
from gateway.policy.policyset import PolicySet
from gateway.policy.source import Item, read
from gateway.types import (
    ERROR_KINDS,
    LABELS,
    Block,
    Decision,
    ErrorKind,
    Forward,
    GuardianError,
    Label,
    Message,
    Outcome,
    Query,
    Respond,
    Verdict,
)

FIELDS = ("name", "query", "verdict", "error", "guardian", "expect")
QUERY_FIELDS = ("text", "tenant", "model", "stream", "tools", "headers", "surface")
VERDICT_FIELDS = ("label", "categories", "score")
EXPECT_FIELDS = ("action", "target", "rule", "status", "shadow")


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One test; `expect` maps what is expected to its value."""

    name: str
    query: Query
    outcomes: Mapping[str, Outcome]
    expect: Mapping[str, object]
    span: Span


@dataclass(frozen=True, slots=True)
class Result:
    """A test that ran: its decision, and for a failure what differs and why it was decided so."""

    test: PolicyTest
    decision: Decision
    differences: tuple[str, ...]
    explanation: str


def load_tests(folder: Path, categories: Collection[str]) -> tuple[tuple[PolicyTest, ...], Diagnostics]:
    """The tests of `folder/tests/*.yaml`, and what is wrong with them."""
    findings = Findings()
    found: list[PolicyTest] = []
    for path in sorted((folder / "tests").glob("*.y*ml")):
        item = read(str(path), path.read_bytes(), findings)
        if item is not None:
            check_fields(findings, item, ("tests",), "test file")
            tests = item.get("tests")
            found += [compile_test(one, categories, findings) for one in (tests.items if tests else ())]
    return tuple(found), findings.diagnostics()


def compile_test(item: Item, categories: Collection[str], findings: Findings) -> PolicyTest:
    check_fields(findings, item, FIELDS, "test")
    name, expect = item.get("name"), item.get("expect")
    for key in ("name", "expect"):
        if item.get(key) is None:
            findings.error("P005", item.span, f"a test has no `{key}`", f"add `{key}:`")
    if expect is not None:
        check_fields(findings, expect, EXPECT_FIELDS, "expect")
    guardian = item.get("guardian")
    asked = "default" if guardian is None else str(guardian.value)
    outcome = outcome_of(item, asked, categories, findings)
    return PolicyTest(
        name="" if name is None else str(name.value),
        query=query_of(item.get("query"), findings),
        outcomes={} if outcome is None else {asked: outcome},
        expect=plain(expect),
        span=item.span,
    )


def outcome_of(item: Item, guardian: str, categories: Collection[str], findings: Findings) -> Outcome | None:
    verdict, error = item.get("verdict"), item.get("error")
    if verdict is not None and error is not None:
        findings.error("P007", error.span, "a test has a verdict or an error, not both", "leave one out")
    if error is not None:
        kinds = names(error, "error", ERROR_KINDS, findings)
        kind: ErrorKind = next((k for k in ERROR_KINDS if kinds and k in kinds), "timeout")
        return GuardianError(guardian, kind)
    if verdict is None:
        return None
    check_fields(findings, verdict, VERDICT_FIELDS, "verdict")
    label, named, score = verdict.get("label"), verdict.get("categories"), verdict.get("score")
    labels = names(label, "verdict", LABELS, findings) if label is not None else None
    given: Label = next((one for one in LABELS if labels and one in labels), "safe")
    found = names(named, "category", categories, findings) if named is not None and named.items else None
    number = float(score.value) if score is not None and isinstance(score.value, int | float) else None
    return Verdict(guardian, given, tuple(sorted(found or ())), number)


def query_of(item: Item | None, findings: Findings) -> Query:
    if item is not None:
        check_fields(findings, item, QUERY_FIELDS, "query")
    given = plain(item)
    headers = given.get("headers")
    return Query(
        surface=str(given.get("surface", "chat")),
        raw=b"",
        body={},
        model=str(given.get("model", "")),
        messages=(Message("user", (str(given.get("text", "")),)),),
        request_id="test",
        tenant=str(given.get("tenant", "default")),
        stream=given.get("stream") is True,
        tools=given.get("tools") is True,
        headers={str(k).lower(): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {},
    )


def plain(item: Item | None) -> dict[str, object]:
    if item is None or not isinstance(item.value, dict):
        return {}
    return {key: plain(inner) if isinstance(inner.value, dict) else inner.value for key, inner in item.value.items()}


def run(policy: PolicySet, test: PolicyTest) -> Result:
    decision = policy.decide(test.query, test.outcomes)
    found = facts_of(decision)
    differences = tuple(
        f"{key}: expected {wanted}, got {found[key]}" for key, wanted in test.expect.items() if found[key] != wanted
    )
    return Result(test, decision, differences, str(explain(policy, test.query, test.outcomes)) if differences else "")


def facts_of(decision: Decision) -> dict[str, object]:
    """What a test may expect of a decision."""
    action: tuple[str, str | None, int | None]
    match decision.action:
        case Forward(upstream=name):
            action = ("forward", name or "default", None)
        case Respond(response=name):
            action = ("respond", name, None)
        case Block(status=status):
            action = ("block", None, status)
    shadow = ", ".join(decision.shadow)
    return {
        **dict(zip(("action", "target", "status"), action, strict=True)),
        "rule": decision.rule,
        "shadow": shadow,
    }


def never_fired(policy: PolicySet, results: Collection[Result]) -> Iterator[str]:
    fired = {result.decision.rule for result in results} | {name for r in results for name in r.decision.shadow}
    return (rule.name for rule in policy.rules if rule.name not in fired)


def summary(policy: PolicySet, results: Collection[Result]) -> str:
    """What `gateway policy test` prints."""
    lines = []
    for result in results:
        lines.append(f"{'FAIL' if result.differences else 'PASS'} {result.test.name}")
        lines += [f"     {difference}" for difference in result.differences]
        lines += [f"     {line}" for line in result.explanation.splitlines()]
    passed = sum(not result.differences for result in results)
    unfired = ", ".join(never_fired(policy, results))
    return "\n".join([*lines, f"{passed}/{len(results)} passed; rules never fired by a test: {unfired or 'none'}"])
