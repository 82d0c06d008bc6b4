"""Tests beside the policies: a query, a given verdict or error, and the decision that is expected. They need no
model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.policy.diagnostics import Diagnostics, Findings, Span, quoted
from gateway.policy.draft import check_fields
from gateway.policy.explain import explain
from gateway.policy.policyset import PolicySet
from gateway.policy.source import Item, read
from gateway.policy.testexpect import told
from gateway.policy.testfile import PolicyTest, Reading, compile_test
from gateway.types import Decision, Outcomes, Query


@dataclass(frozen=True, slots=True)
class Result:
    """A test that ran: its decision, and for a failure what differs and why it was decided so."""

    test: PolicyTest
    decision: Decision
    differences: tuple[str, ...]
    explanation: str


def load_tests(
    folder: Path, categories: Collection[str], policy: PolicySet | None = None
) -> tuple[tuple[PolicyTest, ...], Diagnostics]:
    """The tests of `folder/tests/*.yaml`, and what is wrong with them; with the set, whether it has what they name."""
    findings = Findings()
    items = [item for path in test_files(folder) if (item := read_file(path, findings)) is not None]
    reading = Reading(categories, findings, policy)
    found = tuple(compile_test(one, reading) for item in items for one in listed(item, findings))
    repeated(found, findings)
    return found, findings.diagnostics()


def test_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "tests").glob("*.y*ml") if path.suffix in (".yaml", ".yml"))


def read_file(path: Path, findings: Findings) -> Item | None:
    try:
        return read(str(path), path.read_bytes(), findings)
    except OSError as error:
        findings.error("P014", Span(str(path)), f"the tests cannot be read: {error.strerror}", "make them readable")
        return None


def listed(item: Item, findings: Findings) -> tuple[Item, ...]:
    """The tests of a file."""
    tests = item.get("tests")
    if tests is None or not isinstance(tests.value, tuple):
        span = item.span if tests is None else tests.span
        findings.error("P007", span, "a test file is a mapping with a list `tests`", "begin with `tests:`")
        return ()
    check_fields(findings, item, ("tests",), "test file")
    return tests.items


def repeated(tests: Collection[PolicyTest], findings: Findings) -> None:
    first: dict[str, PolicyTest] = {}
    for test in tests:
        same = first.setdefault(test.name, test)
        if same is not test and test.name:
            where = f"the first is at {same.span.path}:{same.span.line}"
            findings.error("P008", test.span, f"two tests are called {quoted(test.name)}", where)


def run(policy: PolicySet, test: PolicyTest) -> Result:
    return checked(policy, test, outcomes_of(policy, test))


def outcomes_of(policy: PolicySet, test: PolicyTest) -> Outcomes:
    """An outcome that is nobody's by name is that of the one guardian which the query asks, else of `default`."""
    whose = asked_alone(policy, test.query)
    return {name or whose: replace(outcome, guardian=name or whose) for name, outcome in test.outcomes.items()}


def asked_alone(policy: PolicySet, query: Query) -> str:
    asked = policy.plan(query)
    return asked[0] if len(asked) == 1 else "default"


def checked(policy: PolicySet, test: PolicyTest, outcomes: Outcomes) -> Result:
    """The test with these outcomes."""
    decision = policy.decide(test.query, outcomes)
    found = told(policy, test.query, decision)
    differences = [
        f"{key}: expected {shown(wanted)}, got {shown(found[key])}"
        for key, wanted in test.expect.items()
        if found[key] != wanted
    ]
    differences += unsaid(policy, test, outcomes, decision, failed=bool(differences))
    explanation = str(explain(policy, test.query, outcomes)) if differences else ""
    return Result(test, decision, tuple(differences), explanation)


def unsaid(
    policy: PolicySet, test: PolicyTest, outcomes: Outcomes, decision: Decision, *, failed: bool
) -> Iterator[str]:
    """Guardians of which the test says nothing: a failure where that decides, and a note where the test fails."""
    deciding = next((rule.guardian for rule in policy.rules if rule.name == decision.rule), None)
    for guardian in policy.plan(test.query):
        by_accident = decision.reason == "guardian_error" and guardian == deciding
        if guardian not in outcomes and (failed or by_accident):
            yield f"no verdict: the query asks the guardian `{guardian}`; add a verdict or an error of it"


def shown(value: object) -> str:
    match value:
        case tuple():
            return ", ".join(value) or "none"
        case None:
            return "none"
        case bool():
            return str(value).lower()
    return str(value)


def never_fired(policy: PolicySet, results: Collection[Result]) -> Iterator[str]:
    """Rules that no test decided by, nor recorded in shadow or canary."""
    fired = {result.decision.rule for result in results} | {name for r in results for name in r.decision.shadow}
    return (rule.name for rule in policy.rules if rule.name not in fired)
