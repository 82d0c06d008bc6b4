"""The metrics page parses, tells three kinds of not-forwarded apart, and is documented whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway import __version__
from gateway.observe.metrics import Metrics, reference
from gateway.types import GuardianError, Record
from tests.observe.records import record

ROOT = Path(__file__).parent.parent.parent


def samples(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """By name, then by label values in the order of their names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def observed(*records: Record) -> dict[str, dict[tuple[str, ...], float]]:
    metrics = Metrics()
    for one in records:
        metrics.observe(one)
    return samples(metrics)


def test_a_forwarded_query_is_counted_with_its_times() -> None:
    found = observed(record(), record(stream=True))
    assert found["gateway_queries_total"] == {
        ("forward", "none", "false", "chat"): 1,
        ("forward", "none", "true", "chat"): 1,
    }
    assert found["gateway_verdicts_total"] == {("default", "safe"): 2}
    assert found["gateway_guardian_seconds_sum"][("default",)] == pytest.approx(0.1)
    assert found["gateway_upstream_seconds_sum"][("default",)] == pytest.approx(0.5)
    assert found["gateway_upstream_responses_total"] == {("200", "default"): 2}


FAILED = {"outcomes": {"default": GuardianError("default", "timeout", seconds=2.0)}, "scanned": "failed"}
UNSCANNED: dict[str, Any] = {"outcomes": {}, "scanned": "none"}
NO_UPSTREAM = {"upstream": None, "upstream_status": None}
THREE = ("gateway_blocked_total", "gateway_guardian_failed_total", "gateway_unscanned_total")


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"action": "respond", "rule": "unsafe", **NO_UPSTREAM}, {"gateway_blocked_total": ("unsafe",)}),
        ({"action": "block", "rule": "unsafe", **NO_UPSTREAM}, {"gateway_blocked_total": ("unsafe",)}),
        ({"action": "block", **FAILED, **NO_UPSTREAM}, {"gateway_guardian_failed_total": ("block",)}),
        ({"action": "forward", **FAILED}, {"gateway_guardian_failed_total": ("forward",)}),
        ({"action": "forward", "rule": "probe", **UNSCANNED}, {"gateway_unscanned_total": ("probe", "chat")}),
        ({"action": "forward"}, {}),
        ({"action": "error", **UNSCANNED, **NO_UPSTREAM}, {}),
    ],
)
def test_blocked_failed_and_unscanned_are_counted_apart(
    changes: dict[str, Any], counted: dict[str, tuple[str, ...]]
) -> None:
    found = observed(record(**changes))
    assert {name: found[name] for name in THREE if name in found} == {
        name: {labels: 1.0} for name, labels in counted.items()
    }


def test_a_guardian_error_is_counted_by_kind_and_never_as_a_verdict() -> None:
    found = observed(record(**FAILED))
    assert found["gateway_guardian_errors_total"] == {("default", "timeout"): 1}
    assert "gateway_verdicts_total" not in found


def test_policy_build_and_in_flight() -> None:
    metrics = Metrics()
    metrics.policy_in_force("old")
    metrics.policy_in_force("new")
    with metrics.working():
        during = samples(metrics)["gateway_in_flight"]
    assert during == {(): 1}
    found = samples(metrics)
    assert found["gateway_in_flight"] == {(): 0}
    assert found["gateway_policy_info"] == {("new",): 1}
    assert found["gateway_build_info"] == {(__version__,): 1}


def test_two_gateways_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.observe(record())
    assert "gateway_queries_total" in samples(first)
    assert "gateway_queries_total" not in samples(second)


def test_the_reference_is_up_to_date() -> None:
    assert (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_the_reference_names_every_metric_of_the_page() -> None:
    shadow = record(shadow=("trial",), **FAILED)
    unscanned = record(**UNSCANNED)
    blocked = record(action="block")
    suffixes = ("_bucket", "_sum", "_count")
    for name in observed(shadow, unscanned, blocked, record()):
        if name.startswith("gateway_"):
            declared = next((name.removesuffix(end) for end in suffixes if name.endswith(end)), name)
            assert f"| `{declared}` |" in reference()
