"""Test files: what they may say, what is a mistake in them, and what their failures tell."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateway.policy import Diagnostics, PolicySet
from gateway.policy.testing import Result, load_tests, never_fired, run
from gateway.policy.testreport import Report, as_json, as_junit, as_text
from tests.policy.sets import TAXONOMY, policy

SET = """version: 1
guardian: slm_guardian
default: forward
responses: {refusal: {text: "No.", locales: {ko: "안 됩니다."}}}
rules:
  - {name: night, match: {time: {from: "22:00", to: "06:00", zone: Asia/Seoul}}, action: block, signal: completion}
  - {name: phone, match: {header: {X-App: phone}, stream: true}, reason: t,
     action: {forward: {upstream: onprem, model: tiny}}}
  - {name: trial, match: {verdict: unsafe}, action: block, mode: shadow}
  - {name: half, match: {tenant: half}, action: block, mode: {canary: 50%}, annotate: true}
  - {name: unsafe, match: {verdict: unsafe}, action: {respond: refusal}}
  - {name: leak, phase: output, match: {message: {contains: secret}}, action: block}
"""


@pytest.fixture(autouse=True)
def stub(no_language_model: None) -> None:
    del no_language_model


def loaded(folder: Path, tests: str, found: PolicySet | None = None) -> tuple[list[Result], Diagnostics]:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / "some.yaml").write_text(f"tests:\n{tests}")
    found = policy(SET) if found is None else found
    read, diagnostics = load_tests(folder, TAXONOMY, found)
    return [run(found, test) for test in read], diagnostics


NOON = "time: 2026-12-01T03:00Z"
SAFE, UNSAFE = "verdict: {label: safe}", "verdict: {label: unsafe, score: 1}"
PASSING = [
    "query: {time: 2026-12-01T23:30+09:00}, expect: {rule: night, action: block, status: 400, text: No.}",
    f"query: {{{NOON}, headers: {{x-app: phone}}, stream: true}}, expect: {{upstream: onprem, model: tiny}}",
    f"query: {{{NOON}, headers: {{X-App: phone}}, stream: true}}, expect: {{target: onprem, text: null}}",
    f"query: {{{NOON}, model: big}}, {SAFE}, expect: {{reason: default, model: big, signal: null}}",
    f"query: {{{NOON}}}, {UNSAFE}, expect: {{shadow: trial, rule: unsafe, signal: completion, text: No.}}",
    f"query: {{{NOON}, text: 안녕}}, {UNSAFE}, expect: {{text: 안 됩니다.}}",
    f"query: {{{NOON}}}, error: timeout, expect: {{reason: guardian_error, status: 503, text: null}}",
    f"query: {{{NOON}}}, errors: {{slm_guardian: timeout}}, expect: {{rule: unsafe}}",
    f"query: {{{NOON}}}, verdicts: {{slm_guardian: {{label: unsafe}}}}, expect: {{shadow: [trial]}}",
    f"query: {{{NOON}}}, guardian: slm_guardian, {UNSAFE}, expect: {{rule: unsafe}}",
    f"query: {{{NOON}, tenant: half, conversation: c2}}, {SAFE}, expect: {{shadow: half, annotate: false}}",
    f"query: {{{NOON}, tenant: half, conversation: c1}}, {SAFE}, expect: {{rule: half, shadow: [], annotate: true}}",
    f"query: {{{NOON}}}, {SAFE}, expect: {{speculative: false}}",
    "phase: output, query: {text: a secret}, expect: {rule: leak}",
    "phase: output, query: {messages: [hello, my SECRET]}, expect: {rule: leak}",
    "phase: output, query: {text: nothing}, expect: {action: forward, target: default}",
]


@pytest.mark.parametrize("written", PASSING)
def test_a_query_and_its_decision_can_be_said_in_full(tmp_path: Path, written: str) -> None:
    results, diagnostics = loaded(tmp_path, f"  - {{name: a, {written}}}")
    assert str(diagnostics) == ""
    assert [result.differences for result in results] == [()]


@pytest.mark.parametrize(
    ("written", "code", "told"),
    [
        ("{name: a, exect: {}, expect: {rule: night}}", "P004", "did you mean `expect`?"),
        ("{name: a}", "P005", "no `expect`"),
        ("{expect: {rule: night}}", "P005", "no `name`"),
        ("{name: a, expect: {}}", "P005", "never fails"),
        ("{name: a, expect: night}", "P007", "must be a mapping"),
        ("{name: a, expect: {rul: night}}", "P004", "did you mean `rule`?"),
        ("{name: a, expect: {rule: nigth}}", "P010", "did you mean `night`?"),
        ("{name: a, expect: {rule: [night]}}", "P007", "one name, not a list"),
        ("{name: a, expect: {action: blok}}", "P010", "did you mean `block`?"),
        ("{name: a, expect: {target: onperm}}", "P010", "did you mean `onprem`?"),
        ("{name: a, expect: {shadow: unsafe}}", "P010", "known are `half`, `trial`"),
        ("{name: a, expect: {shadow: [trail]}}", "P010", "did you mean `trial`?"),
        ("{name: a, expect: {reason: mached}}", "P010", "did you mean `matched`?"),
        ("{name: a, expect: {signal: eror}}", "P010", "did you mean `error`?"),
        ("{name: a, expect: {status: 200}}", "P007", "400 to 599"),
        ("{name: a, expect: {status: yes}}", "P007", "400 to 599"),
        ("{name: a, expect: {annotate: yes}}", "P007", "write `true`"),
        ("{name: a, expect: {speculative: 1}}", "P007", "must be true or false"),
        ("{name: a, expect: {text: 7}}", "P007", "must be a text"),
        ("{name: 7, expect: {rule: night}}", "P007", "must be a text"),
        ("{name: a, phase: ouput, expect: {rule: night}}", "P010", "did you mean `output`?"),
        ("{name: a, query: hello, expect: {rule: night}}", "P007", "`text`"),
        ("{name: a, query: {txt: a}, expect: {rule: night}}", "P004", "did you mean `text`?"),
        ("{name: a, query: {text: 7}, expect: {rule: night}}", "P007", "quote it"),
        ("{name: a, query: {text: a, messages: [b]}, expect: {rule: night}}", "P007", "not both"),
        ("{name: a, query: {stream: yes}, expect: {rule: night}}", "P007", "write `true`"),
        ("{name: a, query: {headers: {x-app: 7}}, expect: {rule: night}}", "P007", "quote it"),
        ("{name: a, query: {headers: [x]}, expect: {rule: night}}", "P007", "must be a mapping"),
        ("{name: a, query: {time: 2026-12-01T09:30}, expect: {rule: night}}", "P016", "with a zone"),
        ("{name: a, query: {time: 9}, expect: {rule: night}}", "P016", "with a zone"),
        ("{name: a, verdict: {score: 0.5}, expect: {rule: night}}", "P005", "no `label`"),
        ("{name: a, verdict: unsafe, expect: {rule: night}}", "P007", "`label`"),
        ("{name: a, verdict: {label: unsfe}, expect: {rule: night}}", "P010", "did you mean `unsafe`?"),
        ("{name: a, verdict: {label: [safe]}, expect: {rule: night}}", "P010", "unknown label"),
        ("{name: a, verdict: {label: safe, score: 2}, expect: {rule: night}}", "P011", "0 to 1"),
        ("{name: a, verdict: {label: safe, score: true}, expect: {rule: night}}", "P011", "0 to 1"),
        ("{name: a, verdict: {label: safe, categories: self-harm}, expect: {rule: night}}", "P010", "`self_harm`?"),
        ("{name: a, error: timeuot, expect: {rule: night}}", "P010", "did you mean `timeout`?"),
        ("{name: a, error: timeout, verdict: {label: safe}, expect: {rule: night}}", "P007", "two outcomes"),
        ("{name: a, errors: timeout, expect: {rule: night}}", "P007", "must be a mapping"),
        ("{name: a, errors: {slm_guardain: timeout}, expect: {rule: night}}", "P010", "did you mean `slm_guardian`?"),
        ("{name: a, guardian: x, error: timeout, expect: {rule: night}}", "P010", "no rule asks a guardian `x`"),
        ("a", "P007", "`test` must be a mapping"),
    ],
)
def test_a_mistake_in_a_test_is_told_with_its_place(tmp_path: Path, written: str, code: str, told: str) -> None:
    _, diagnostics = loaded(tmp_path, f"  - {written}")
    assert [(d.code, d.span.line) for d in diagnostics.errors] == [(code, 2)]
    assert told in str(diagnostics)


def test_a_file_without_a_list_of_tests_and_a_name_that_is_taken_are_told(tmp_path: Path) -> None:
    one = "  - {name: a, expect: {rule: default}}\n"
    _, diagnostics = loaded(tmp_path, one + one)
    (tmp_path / "tests" / "other.yaml").write_text("test: []\n")
    _, also = load_tests(tmp_path, TAXONOMY)
    assert [(d.code, d.span.line) for d in diagnostics.errors] == [("P008", 3)]
    assert [d.code for d in also.errors] == ["P007", "P008"]


FAILING = f"""  - name: it is not blocked
    query: {{{NOON}, tenant: acme}}
    verdict: {{label: unsafe}}
    expect: {{action: block, shadow: []}}
  - {{name: fine, query: {{{NOON}}}, verdict: {{label: safe}}, expect: {{rule: default}}}}
"""


def test_a_failure_tells_its_place_its_differences_and_why(tmp_path: Path) -> None:
    results, _ = loaded(tmp_path, FAILING)
    told = as_text(Report(policy(SET), results, 0.0123))
    assert f"FAIL it is not blocked   {tmp_path}/tests/some.yaml:2" in told
    assert "     action: expected block, got respond\n     shadow: expected none, got trial\n" in told
    assert "* unsafe" in told
    assert told.endswith("PASS fine\n1/2 passed in 12 ms; rules never fired by a test: night, phone, half, leak")


def test_a_verdict_that_is_missing_is_told_and_never_passes_by_accident(tmp_path: Path) -> None:
    missing = f"  - {{name: a, query: {{{NOON}}}, expect: {{action: respond}}}}\n"
    accident = f"  - {{name: b, query: {{{NOON}}}, expect: {{rule: unsafe, status: 503}}}}\n"
    told = "no verdict: the query asks the guardian `slm_guardian`; add a verdict or an error of it"
    results, _ = loaded(tmp_path, missing + accident)
    assert [told in result.differences for result in results] == [True, True]


def test_a_verdict_of_nobody_is_that_of_the_one_guardian_that_is_asked(tmp_path: Path) -> None:
    second = "version: 1\nguardian: qwen3guard\napplies_to: {tenant: two}\nrules:\n"
    more = "  - {name: more, match: {verdict: unsafe}, action: block}\n"
    one = f"  - {{name: a, query: {{{NOON}}}, verdict: {{label: unsafe}}, expect: {{rule: unsafe}}}}\n"
    two = f"  - {{name: b, query: {{{NOON}, tenant: two}}, verdict: {{label: unsafe}}, expect: {{rule: unsafe}}}}\n"
    results, _ = loaded(tmp_path, one + two, policy(SET, second + more))
    assert [bool(result.differences) for result in results] == [False, True]
    assert any("guardian `slm_guardian`" in told for told in results[1].differences)


def test_a_rule_fires_by_deciding_or_by_being_recorded(tmp_path: Path) -> None:
    results, _ = loaded(tmp_path, "".join(f"  - {{name: n{i}, {one}}}\n" for i, one in enumerate(PASSING)))
    assert list(never_fired(policy(SET), results)) == []
    assert Report(policy(SET), results[:1]).coverage == pytest.approx(100 / 6)


def test_a_report_is_json_and_junit_too(tmp_path: Path) -> None:
    results, _ = loaded(tmp_path, FAILING.replace("it is not blocked", '"a \\x07 & <b>"'))
    report = Report(policy(SET), results, 0.5, {"later": "it has no text"})
    found = json.loads(as_json(report))
    assert (found["passed"], found["failed"], found["tests"][0]["line"]) == (1, 1, 2)
    suite = ElementTree.fromstring(as_junit(report))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert [case.get("name") for case in suite] == ["a \ufffd & <b>", "fine", "later"]
    assert "expected block, got respond" in str(suite[0][0].text)
