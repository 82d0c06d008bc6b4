"""Findings as other tools read them."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway.policy.codes import CODES, page
from gateway.policy.diagnostics import Diagnostic, Diagnostics, Findings, Span
from gateway.policy.formats import as_github, as_json, as_junit, as_sarif, as_text
from tests.policy.sets import compiled
from tests.policy.test_broken import FILES
from tests.processes import ROOT

BROKEN = compiled(*(path.read_text() for path in FILES if path.stem in ("unknown-names", "circular-responses")))[1]

severities = st.sampled_from(("error", "warning"))
spans = st.builds(Span, st.text(min_size=1, max_size=9), st.integers(1, 9), st.integers(1, 200), st.integers(1, 9))
findings = st.lists(st.tuples(st.sampled_from(sorted(CODES)), spans, st.text(), st.text(), severities), max_size=6)
lines = st.dictionaries(st.text(min_size=1, max_size=9), st.lists(st.text()).map(tuple), max_size=3)


def told(found: list[tuple[str, Span, str, str, str]], lines: dict[str, tuple[str, ...]]) -> Diagnostics:
    collected = Findings()
    collected.lines = lines
    for code, span, message, help, severity in found:
        (collected.error if severity == "error" else collected.warning)(code, span, message, help)
    return collected.diagnostics()


SARIF = Draft202012Validator(
    {
        "properties": {
            "$schema": {"pattern": r"sarif-schema-2\.1\.0\.json$"},
            "version": {"const": "2.1.0"},
            "runs": {"items": {"$ref": "#/$defs/run"}, "minItems": 1, "maxItems": 1},
        },
        "required": ["$schema", "version", "runs"],
        "$defs": {
            "text": {"properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]},
            "run": {
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "properties": {"rules": {"items": {"$ref": "#/$defs/rule"}}},
                                "required": ["name", "version", "rules"],
                            }
                        },
                        "required": ["driver"],
                    },
                    "columnKind": {"const": "unicodeCodePoints"},
                    "results": {"items": {"$ref": "#/$defs/result"}},
                },
                "required": ["tool", "columnKind", "results"],
            },
            "rule": {
                "properties": {"shortDescription": {"$ref": "#/$defs/text"}},
                "required": ["id", "shortDescription", "helpUri"],
            },
            "result": {
                "properties": {
                    "level": {"enum": ["error", "warning"]},
                    "message": {"$ref": "#/$defs/text"},
                    "locations": {"items": {"$ref": "#/$defs/location"}, "minItems": 1},
                },
                "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
            },
            "location": {
                "properties": {
                    "physicalLocation": {
                        "properties": {
                            "artifactLocation": {"properties": {"uri": {"pattern": "^[!-~]+$"}}, "required": ["uri"]},
                            "region": {
                                "properties": {
                                    key: {"type": "integer", "minimum": 1}
                                    for key in ("startLine", "startColumn", "endColumn")
                                },
                                "required": ["startLine", "startColumn", "endColumn"],
                            },
                        },
                        "required": ["artifactLocation", "region"],
                    }
                },
                "required": ["physicalLocation"],
            },
        },
    }
)


@given(findings, lines)
def test_sarif_has_what_the_standard_asks_for(found: list[tuple[str, Span, str, str, str]], lines: dict) -> None:
    log = json.loads(as_sarif(told([one for one in found if one[2]], lines)))
    assert [error.message for error in SARIF.iter_errors(log)] == []
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_sarif_names_the_place_as_editors_do() -> None:
    result = json.loads(as_sarif(BROKEN))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "10.yaml"}
    assert place["region"] == {"startLine": 7, "startColumn": 20, "endColumn": 27}
    assert "give one of them a `text`" in result["message"]["text"]


@given(findings, lines)
def test_junit_is_xml_with_a_case_for_each_file(found: list[tuple[str, Span, str, str, str]], lines: dict) -> None:
    diagnostics = told(found, lines)
    root = ElementTree.fromstring(as_junit(diagnostics, ["10.yaml"]))
    paths = {"10.yaml", *(d.span.path for d in diagnostics.found)}
    failed = {d.span.path for d in diagnostics.errors}
    assert [suite.get("tests") for suite in root] == [str(len(paths))]
    assert len(root.findall("*/testcase")) == len(paths)
    assert len(root.findall("*/testcase/failure")) == len(failed) == int(root.get("failures", ""))


def test_junit_prints_warnings_and_fails_for_errors() -> None:
    found = (
        Diagnostic("P010", "error", "unknown", Span("a.yaml", 2)),
        Diagnostic("P101", "warning", "unguarded", Span("b.yaml", 3)),
    )
    cases = ElementTree.fromstring(as_junit(Diagnostics(found, {}), ["c.yaml"])).findall("*/testcase")
    assert [[(inner.tag, inner.text) for inner in case] for case in cases] == [
        [("failure", "a.yaml:2:1: error[P010]: unknown")],
        [("system-out", "b.yaml:3:1: warning[P101]: unguarded")],
        [],
    ]


ANNOTATION = re.compile(r"::(error|warning) file=([^:,]*),line=(\d+),col=(\d+),endColumn=(\d+),title=(P\d+)::(.*)")


@given(findings, lines)
def test_github_gets_one_line_for_each(found: list[tuple[str, Span, str, str, str]], lines: dict) -> None:
    diagnostics = told(found, lines)
    annotations = as_github(diagnostics).split("\n") if found else []
    parts = [ANNOTATION.fullmatch(line) for line in annotations]
    for part, d in zip(parts, diagnostics.found, strict=True):
        assert part is not None
        assert part[1] == d.severity
        assert unquote(part[7]) == (f"{d.message} ({d.help})" if d.help else d.message)


def test_github_escapes_what_would_end_a_property_or_the_line() -> None:
    one = Diagnostic("P010", "error", "50% of\na: b, c\r", Span("a,b:c%.yaml", 1, 2, 3))
    assert as_github(Diagnostics((one,), {})) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=1,col=2,endColumn=5,title=P010::50%25 of%0Aa: b, c%0D"
    )


def test_json_is_a_list_of_flat_objects() -> None:
    assert json.loads(as_json(BROKEN))[0] == {
        "code": "P017",
        "severity": "error",
        "message": "responses in a circle: `refusal` extends `polite` extends `short` extends `refusal`",
        "help": "give one of them a `text` of its own",
        "path": "10.yaml",
        "line": 7,
        "column": 20,
        "length": 7,
    }


@given(findings, lines)
def test_text_is_what_str_gives_with_the_severity_painted(
    found: list[tuple[str, Span, str, str, str]], lines: dict
) -> None:
    diagnostics = told(found, lines)
    assert as_text(diagnostics, lambda text, severity: text) == str(diagnostics)
    painted = as_text(diagnostics, lambda text, severity: f"<{severity}:{text}>")
    assert painted.count("<error:error[P") + painted.count("<warning:warning[P") >= len(found)


@pytest.mark.parametrize("code", sorted(CODES))
def test_what_a_finding_links_to_is_there(code: str) -> None:
    assert (ROOT / page(code).partition("#")[0]).exists()
