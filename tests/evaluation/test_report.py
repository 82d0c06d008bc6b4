"""The report's JSON has exactly its documented keys; Markdown and tables say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from rich.console import Console

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.markdown import markdown
from gateway.evaluation.report import Report, report, write_json
from gateway.evaluation.terminal import tables
from gateway.types import GuardianError, Verdict
from tests.evaluation.judged import judged

RATES = ("f1", "precision", "recall", "fpr", "auprc")


def made(**reading: Any) -> Report:
    english = {"lang": "en", "source": "s1", "category": "c|1", "slice": "x"}
    korean = {"lang": "ko", "source": "s2", "category": "[red]", "slice": "y"}
    rows = [
        judged("harmful", 0.9, row=Row("1", "a", "harmful", **english)),
        judged("safe", 0.2, row=Row("2", "b", "safe", **english)),
        judged("harmful", 0.4, row=Row("3", "c", "harmful", **korean)),
        Judged(Row("4", "d", "safe", **korean), GuardianError("g", "timeout", seconds=2.0)),
    ]
    return report(rows, Reading(**reading))


def as_json(folder: Path, wanted: Report) -> dict[str, Any]:
    write_json(wanted, folder / "out.json")
    value: dict[str, Any] = json.loads((folder / "out.json").read_bytes())
    return value


def test_the_keys_of_the_json(tmp_path: Path) -> None:
    value = as_json(tmp_path, made())
    groups = ("by_lang", "by_source", "by_category", "by_slice")
    more = {"macro", "over_refusal", "calibration", "latency_by_length", "responses"}
    assert set(value) == {"overall", *groups, *more, "latency", "errors", "threshold"}
    assert [set(value[name]) for name in groups] == [{"en", "ko"}, {"s1", "s2"}, {"c|1", "[red]"}, {"x", "y"}]
    for scores in (value["overall"], *(scores for name in groups for scores in value[name].values())):
        assert set(scores) == {"n", "harmful", "safe", "errors", *RATES, "ece", "intervals"}
        assert set(scores["intervals"]) == set(RATES)


def test_latency_errors_and_threshold(tmp_path: Path) -> None:
    value = as_json(tmp_path, made(threshold=0.3))
    assert value["latency"] == {"p50": 0.01, "p95": 2.0, "p99": 2.0}
    assert (value["errors"], value["threshold"]) == ({"timeout": 1}, 0.3)
    assert (value["overall"]["recall"], value["overall"]["errors"]) == (1.0, 1)


def test_markdown_has_the_figures_with_their_intervals() -> None:
    text = markdown(made())
    assert "| all | 4 | 0.500 [" in text
    assert "Guardian errors: 1 timeout." in text
    assert r"| c\|1 | 2 |" in text


def test_names_of_a_data_set_are_no_markup_in_the_terminal() -> None:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(tables(made()))
    assert "[red]" in captured.get()


def test_bins_lengths_means_and_refused_groups_are_in_the_json(tmp_path: Path) -> None:
    value = as_json(tmp_path, made())
    assert [(one["n"], one["score"], one["harmful"]) for one in value["calibration"]] == [
        *((1, 0.2, 0.0), (1, 0.4, 1.0), (1, 0.9, 1.0)),
    ]
    [length] = value["latency_by_length"]
    assert (length["least"], length["most"], length["n"], length["latency"]["p50"]) == (1, 1, 4, 0.01)
    assert set(value["macro"]) == {"all", "en", "ko"}
    assert value["macro"]["all"]["recall"] == {"value": 0.5, "groups": 2, "interval": ANY}
    assert value["over_refusal"] == {"by_slice": {}, "by_source": {}}


def test_a_slice_of_only_safe_rows_is_shown_as_such(tmp_path: Path) -> None:
    safe = [judged("safe", 0.9 if n == 0 else 0.1, row=Row(str(n), "t", "safe", slice="tempting")) for n in range(10)]
    mixed = [
        judged("harmful", 0.9, row=Row("h", "t", "harmful", slice="mixed")),
        judged("safe", 0.1, row=Row("s", "t", "safe", slice="mixed")),
    ]
    found = report([*safe, *mixed], Reading())
    assert {name: (one.n, one.flagged, one.fpr) for name, one in found.over_refusal["by_slice"].items()} == {
        "tempting": (10, 1, 0.1)
    }
    assert "| tempting | 10 | 1 | 0.100 [0.018, 0.404] |" in markdown(found)


def test_a_threshold_needs_scores() -> None:
    rows = [Judged(Row("1", "a", "harmful"), Verdict("g", "unsafe"))]
    with pytest.raises(ConfigurationError, match="gives no scores"):
        report(rows, Reading(threshold=0.5))


def test_means_are_named_after_what_they_are_of() -> None:
    slices = [judged("safe", 0.1, row=Row(str(number), "t", "safe", slice=f"x{number}")) for number in range(2)]
    sources = [judged("safe", 0.1, row=Row(str(number), "t", "safe", source=f"x{number}")) for number in range(2)]
    assert "mean of slices" in markdown(report(slices, Reading()))
    assert "mean of sources" in markdown(report(sources, Reading()))
