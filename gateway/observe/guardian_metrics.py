"""What is done to get a verdict: calls, retries, second calls, circuits, waiting lines. Declared once, counted by
guardian.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.observe.registry import Registry

CIRCUIT: Mapping[str, int] = MappingProxyType({"closed": 0, "half_open": 1, "open": 2})


class GuardianMetrics:
    """The metrics that the parts of a guardian count in, each through its `Meter`."""

    def __init__(self, registry: Registry) -> None:
        self.calls = registry.counter(
            "guardian_calls",
            "Calls to a guardian's model, repeated ones included, by what came of them: `verdict`, `response` (a forced"
            " one), a kind of error, or `cancelled`.",
            "guardian",
            "result",
        )
        self.retries = registry.counter(
            "guardian_retries", "Calls made again because the one before failed.", "guardian"
        )
        self.hedges = registry.counter(
            "guardian_hedges",
            "Slow calls: a second one `won`, `lost`, or was `refused` as over the budget.",
            "guardian",
            "result",
        )
        self.circuit = registry.gauge(
            "guardian_circuit",
            "0: the guardian is asked; 1: one call is tried; 2: it is left alone, as it did not answer.",
            "guardian",
            across="livemax",
        )
        self.waiting = registry.gauge(
            "guardian_waiting", "Judgements that wait for a place.", "guardian", across="livesum"
        )
        self.shed = registry.counter(
            "guardian_shed", "Judgements refused at once because the waiting line was full.", "guardian"
        )
        self.fallbacks = registry.counter(
            "guardian_fallbacks",
            "Judgements for which the fallback was asked, by what came of it: `verdict`, `failed`.",
            "guardian",
            "result",
        )
        self.escalations = registry.counter(
            "guardian_escalations",
            "Uncertain verdicts that went to the larger guardian, by what came of it: `verdict`, `failed`.",
            "guardian",
            "result",
        )


@dataclass(frozen=True, slots=True)
class Meter:
    """The metrics of one guardian."""

    metrics: GuardianMetrics
    guardian: str

    def called(self, result: str) -> None:
        self.metrics.calls[self.guardian, result].inc()

    def retried(self) -> None:
        self.metrics.retries[(self.guardian,)].inc()

    def hedged(self, result: str) -> None:
        self.metrics.hedges[self.guardian, result].inc()

    def circuit(self, state: str) -> None:
        self.metrics.circuit[(self.guardian,)].set(CIRCUIT[state])

    def waiting(self, judgements: int) -> None:
        self.metrics.waiting[(self.guardian,)].set(judgements)

    def shed(self) -> None:
        self.metrics.shed[(self.guardian,)].inc()

    def fell_back(self, result: str) -> None:
        self.metrics.fallbacks[self.guardian, result].inc()

    def escalated(self, result: str) -> None:
        self.metrics.escalations[self.guardian, result].inc()
