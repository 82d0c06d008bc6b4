"""Findings as text, JSON, JUnit, SARIF 2.1.0 or GitHub's workflow commands: docs/reference/policy-check.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from gateway import __version__
from gateway.policy.codes import CODES, page
from gateway.policy.diagnostics import Diagnostic, Diagnostics, Severity, escaped, render

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Paint = Callable[[str, Severity], str]


def as_text(diagnostics: Diagnostics, paint: Paint) -> str:
    """As `str(diagnostics)`, with the severity painted."""
    return "\n".join(
        render(d, diagnostics.lines.get(d.span.path, ())).replace(label(d), paint(label(d), d.severity), 1)
        for d in diagnostics.found
    )


def label(d: Diagnostic) -> str:
    return f"{d.severity}[{d.code}]"


def as_json(diagnostics: Diagnostics) -> str:
    return json.dumps([fields(d) for d in diagnostics.found], indent=2)


def fields(d: Diagnostic) -> dict[str, object]:
    place: dict[str, object] = {
        "path": d.span.path,
        "line": d.span.line,
        "column": d.span.column,
        "length": d.span.length,
    }
    return {"code": d.code, "severity": d.severity, "message": d.message, "help": d.help, **place}


def as_github(diagnostics: Diagnostics) -> str:
    """One annotation each; in a pull request they stand at their lines."""
    return "\n".join(annotation(d) for d in diagnostics.found)


def annotation(d: Diagnostic) -> str:
    places = {
        "file": uri_path(d.span.path),
        "line": d.span.line,
        "col": d.span.column,
        "endColumn": d.span.column + d.span.length,
        "title": d.code,
    }
    listed = ",".join(f"{key}={github_property(str(value))}" for key, value in places.items())
    return f"::{d.severity} {listed}::{github_data(with_help(d))}"


def github_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: str) -> str:
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def with_help(d: Diagnostic) -> str:
    return f"{d.message} ({d.help})" if d.help else d.message


def as_junit(diagnostics: Diagnostics, files: Sequence[str]) -> str:
    """A test case for each file: an error is a failure, a warning something that it printed."""
    by_path = {path: list(found) for path, found in groupby(diagnostics.found, key=lambda d: d.span.path)}
    paths = sorted({*files, *by_path})
    failed = sum(len(failures(by_path.get(path, []))) > 0 for path in paths)
    counts = {"tests": str(len(paths)), "failures": str(failed), "errors": "0", "skipped": "0"}
    root = ElementTree.Element("testsuites", {"name": "gateway policy check", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "gateway policy check", **counts, "time": "0"})
    for path in paths:
        add_case(suite, path, by_path.get(path, []), diagnostics)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def failures(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [d for d in found if d.severity == "error"]


def add_case(suite: ElementTree.Element, path: str, found: Sequence[Diagnostic], diagnostics: Diagnostics) -> None:
    """One `failure` with all errors: what reads JUnit files takes one a case."""
    name = escaped(path)
    case = ElementTree.SubElement(suite, "testcase", {"name": name, "classname": "policies", "file": name, "time": "0"})
    lines = diagnostics.lines.get(path, ())
    errors, warnings = failures(found), [d for d in found if d.severity == "warning"]
    if errors:
        told = f"{len(errors)} error{'s' * (len(errors) > 1)}, first {errors[0].code}: {errors[0].message}"
        failure = ElementTree.SubElement(case, "failure", {"message": told, "type": errors[0].code})
        failure.text = "\n".join(render(d, lines) for d in errors)
    if warnings:
        ElementTree.SubElement(case, "system-out").text = "\n".join(render(d, lines) for d in warnings)


def as_sarif(diagnostics: Diagnostics) -> str:
    codes = sorted({d.code for d in diagnostics.found})
    driver = {"name": "gateway policy check", "version": __version__, "rules": [sarif_rule(code) for code in codes]}
    results = [sarif_result(d, codes.index(d.code)) for d in diagnostics.found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def sarif_rule(code: str) -> dict[str, Any]:
    return {"id": code, "shortDescription": {"text": CODES[code]}, "helpUri": page(code)}


def sarif_result(d: Diagnostic, rule: int) -> dict[str, Any]:
    """`endColumn` is the column after the last one."""
    span = d.span
    region = {"startLine": span.line, "startColumn": span.column, "endColumn": span.column + span.length}
    place = {"artifactLocation": {"uri": quote(uri_path(span.path))}, "region": region}
    return {
        "ruleId": d.code,
        "ruleIndex": rule,
        "level": d.severity,
        "message": {"text": with_help(d)},
        "locations": [{"physicalLocation": place}],
    }


def uri_path(path: str) -> str:
    return PurePath(escaped(path)).as_posix()
