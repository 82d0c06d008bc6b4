"""A Prometheus registry that knows what was declared in it, and whose children are looked up in a plain dict.

The client library's own lookup of a child costs several times as much as counting, and every request counts a dozen.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
COUNTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder where several processes count together; the client library reads it
when it is imported.
"""
READINGS = 3
Across = Literal["livesum", "livemax"]
"""How a gauge's values of several live processes become one."""
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
    """Metrics named `gateway_*`: of this process, with its own figures, or of all that share a folder."""

    def __init__(self) -> None:
        self.collectors = CollectorRegistry()
        self.declared: list[Declared] = []
        self.shared = os.environ.get(SHARED)
        if self.shared is None:
            ProcessCollector(registry=self.collectors)

    def counter(self, name: str, text: str, *labels: str) -> Children[Counter]:
        return self.declare(Counter(f"gateway_{name}", text, labels, registry=self.collectors), "_total", labels)

    def gauge(self, name: str, text: str, *labels: str, across: Across) -> Children[Gauge]:
        made = Gauge(f"gateway_{name}", text, labels, registry=self.collectors, multiprocess_mode=across)
        return self.declare(made, "", labels)

    def histogram(self, name: str, text: str, *labels: str, buckets: Sequence[float] = SECONDS) -> Children[Histogram]:
        made = Histogram(f"gateway_{name}", text, labels, registry=self.collectors, buckets=buckets)
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
        source = self.collectors if self.shared is None else Together(self.shared)
        return generate_latest(Page(source)), CONTENT_TYPE_LATEST


class Page(Collector):
    """What is worth a line: less the `_created` series, which double the page and which nobody reads, and less the
    `_info` series of what is no more.
    """

    def __init__(self, source: Collector) -> None:
        self.source = source

    def collect(self) -> Iterable[Metric]:
        for metric in self.source.collect():
            past = metric.name.endswith("_info")
            metric.samples = [s for s in metric.samples if not (s.name.endswith("_created") or (past and s.value == 0))]
            yield metric


class Together(Collector):
    """The sums over all processes that share the folder. A process that starts makes its file before it fills it: then
    the folder is read again.
    """

    def __init__(self, folder: str) -> None:
        self.files = MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        for _ in range(READINGS - 1):
            try:
                return list(self.files.collect())  # type: ignore[no-untyped-call]
            except struct.error:
                continue
        return list(self.files.collect())  # type: ignore[no-untyped-call]


def forget(pid: int, folder: Path) -> None:
    """A process that ended counts for nothing in gauges; what it counted up stays."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
