"""What `gateway policy test` prints: for people, as JSON, and as the JUnit XML that CI systems read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from gateway.policy.policyset import PolicySet
from gateway.policy.testing import Result, never_fired


@dataclass(frozen=True, slots=True)
class Report:
    """All results; `skipped` are the names of tests that were not run, with the reason."""

    policy: PolicySet
    results: Sequence[Result]
    seconds: float = 0.0
    skipped: Mapping[str, str] | None = None

    @property
    def passed(self) -> int:
        return sum(not result.differences for result in self.results)

    @property
    def unfired(self) -> list[str]:
        return list(never_fired(self.policy, self.results))

    @property
    def coverage(self) -> float:
        """How many of the rules fired, in percent."""
        count = len(self.policy.rules)
        return 100 * (count - len(self.unfired)) / count if count else 100.0

    @property
    def failed(self) -> bool:
        return self.passed < len(self.results)


def summary(policy: PolicySet, results: Sequence[Result]) -> str:
    return as_text(Report(policy, results))


def as_text(report: Report) -> str:
    lines = [line for result in report.results for line in of_result(result)]
    lines += [f"SKIP {name}: {why}" for name, why in (report.skipped or {}).items()]
    counts = f"{report.passed}/{len(report.results)} passed"
    skipped = f", {len(report.skipped)} skipped" if report.skipped else ""
    took = f" in {report.seconds * 1000:.0f} ms" if report.seconds else ""
    unfired = ", ".join(report.unfired) or "none"
    return "\n".join([*lines, f"{counts}{skipped}{took}; rules never fired by a test: {unfired}"])


def of_result(result: Result) -> list[str]:
    if not result.differences:
        return [f"PASS {result.test.name}"]
    return [
        f"FAIL {result.test.name}   {place(result)}",
        *(f"     {difference}" for difference in result.differences),
        *(f"     {line}" for line in result.explanation.splitlines()),
    ]


def place(result: Result) -> str:
    return f"{result.test.span.path}:{result.test.span.line}"


def as_json(report: Report) -> str:
    skipped = [{"name": name, "why": why} for name, why in (report.skipped or {}).items()]
    found: dict[str, Any] = {
        "policy_version": report.policy.version,
        "passed": report.passed,
        "failed": len(report.results) - report.passed,
        "skipped": skipped,
        "seconds": round(report.seconds, 4),
        "coverage": round(report.coverage, 1),
        "never_fired": report.unfired,
        "tests": [result_as_json(result) for result in report.results],
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def result_as_json(result: Result) -> dict[str, Any]:
    span = result.test.span
    return {
        "name": result.test.name,
        "path": span.path,
        "line": span.line,
        "passed": not result.differences,
        "rule": result.decision.rule,
        "differences": list(result.differences),
        "explanation": result.explanation,
    }


def as_junit(report: Report) -> str:
    """One suite, a case a test; a case that was not run is marked so."""
    skipped = report.skipped or {}
    counts = {"tests": len(report.results) + len(skipped), "failures": len(report.results) - report.passed}
    attributes = {**counts, "errors": 0, "skipped": len(skipped), "time": f"{report.seconds:.3f}"}
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "policies", **texts(attributes)})
    for result in report.results:
        span = result.test.span
        case = {"name": result.test.name, "classname": "policies", "file": span.path, "line": str(span.line)}
        made = ElementTree.SubElement(suite, "testcase", texts(case))
        if result.differences:
            failure = ElementTree.SubElement(made, "failure", {"message": xml("; ".join(result.differences))})
            failure.text = xml("\n".join(of_result(result)))
    for name, why in skipped.items():
        made = ElementTree.SubElement(suite, "testcase", texts({"name": name, "classname": "policies"}))
        ElementTree.SubElement(made, "skipped", {"message": xml(why)})
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def texts(values: Mapping[str, object]) -> dict[str, str]:
    return {key: xml(str(value)) for key, value in values.items()}


def xml(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(sign if sign >= " " or sign in "\t\n" else "\ufffd" for sign in text)
