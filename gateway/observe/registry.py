"""A Prometheus registry that knows what was declared in it, and whose children are looked up in a plain dict.

The client library's own lookup of a child costs several times as much as counting, and every request counts a dozen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
M = TypeVar("M", bound=MetricWrapperBase)


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric as the reference prints it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str


class Children(dict[tuple[str, ...], M], Generic[M]):
    """A metric's children by label values, each made once."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self.metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> M:
        child = self[labels] = self.metric.labels(*labels)
        return child


class Registry:
    """Metrics named `gateway_*`, and the process's own."""

    def __init__(self) -> None:
        self.collectors = CollectorRegistry()
        self.declared: list[Declared] = []
        ProcessCollector(registry=self.collectors)

    def counter(self, name: str, text: str, *labels: str) -> Children[Counter]:
        return self.declare(Counter(f"gateway_{name}", text, labels, registry=self.collectors), "_total", labels)

    def gauge(self, name: str, text: str, *labels: str) -> Children[Gauge]:
        return self.declare(Gauge(f"gateway_{name}", text, labels, registry=self.collectors), "", labels)

    def histogram(self, name: str, text: str, *labels: str) -> Children[Histogram]:
        made = Histogram(f"gateway_{name}", text, labels, registry=self.collectors, buckets=SECONDS)
        return self.declare(made, "", labels)

    def declare(self, metric: M, suffix: str, labels: tuple[str, ...]) -> Children[M]:
        described = next(iter(metric.describe()))
        self.declared.append(Declared(described.name + suffix, described.type, labels, described.documentation))
        children = Children(metric)
        if not labels:
            children[()] = metric
        return children

    def render(self) -> tuple[bytes, str]:
        """The text format and its content type."""
        return generate_latest(WithoutCreated(self.collectors)), CONTENT_TYPE_LATEST


class WithoutCreated(Collector):
    """A registry less its `_created` series, which double the page and which nobody reads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry

    def collect(self) -> Iterable[Metric]:
        for metric in self.registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
