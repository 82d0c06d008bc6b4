"""How queries are judged: in how many passages, and which of them had been judged before. Declared once."""

from __future__ import annotations

from gateway.observe.registry import COUNTS, Registry


class PassageMetrics:
    """The metrics of what stands before a guardian's model, by guardian."""

    def __init__(self, registry: Registry) -> None:
        self.passages = registry.histogram(
            "passages",
            "Passages that one judgement took, where it took several: messages, readings, windows.",
            "guardian",
            buckets=COUNTS,
        )
        self.windows = registry.histogram(
            "windows", "Windows among the passages, of judgements of long texts.", "guardian", buckets=COUNTS
        )
        self.lookups = registry.counter(
            "cache_lookups", "Passages, by where their verdict was: `memory`, `shared`, `miss`.", "guardian", "found"
        )
        self.joined = registry.counter(
            "questions_shared", "Passages that were being asked about already, for another query.", "guardian"
        )
        self.failures = registry.counter("cache_failures", "Failures of the Valkey that replicas share verdicts in.")[
            ()
        ]

    def taken(self, guardian: str, passages: int, windows: int) -> None:
        self.passages[(guardian,)].observe(passages)
        if windows:
            self.windows[(guardian,)].observe(windows)
