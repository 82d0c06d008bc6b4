"""Every metric of the gateway, declared once, and what a finished request adds to each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway import __version__
from gateway.observe.access_metrics import AccessMetrics
from gateway.observe.guardian_metrics import GuardianMetrics
from gateway.observe.passage_metrics import PassageMetrics
from gateway.observe.registry import SECONDS, Registry
from gateway.types import GuardianError, Outcome, Record


class Metrics:
    """The gateway's metrics. Labels take their values from settings and policies, never from a caller."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.declare_queries()
        self.declare_guardians()
        self.declare_upstreams()
        self.declare_speculation()
        self.access = AccessMetrics(self.registry)
        self.declare_gateway()

    def declare_queries(self) -> None:
        self.queries = self.registry.counter(
            "queries", "Queries, by what was done with them.", "surface", "action", "rule", "stream"
        )
        self.blocked = self.registry.counter(
            "blocked", "Queries that a verdict or a rule kept from the upstream (`respond` or `block`).", "rule"
        )
        self.guardian_failed = self.registry.counter(
            "guardian_failed", "Queries for which a guardian was asked and gave no verdict, by what was done.", "action"
        )
        self.unscanned = self.registry.counter(
            "unscanned", "Requests forwarded without asking a guardian.", "surface", "rule"
        )
        self.shadowed = self.registry.counter(
            "shadowed", "Queries that a rule in shadow mode would have decided.", "rule"
        )
        self.shed = self.registry.counter(
            "requests_shed", "Requests refused unread because too many were being worked on.", "surface"
        )
        self.answer_windows = self.registry.counter(
            "answer_windows", "Windows of streamed answers that were judged.", "surface"
        )
        self.answers_stopped = self.registry.counter(
            "answers_stopped", "Streamed answers that a rule stopped when a part of them was out already.", "rule"
        )
        self.ended = self.registry.counter(
            "ended", "How responses ended: `complete`, `cut`, `disconnected`, `failed`.", "action", "ended"
        )
        self.judge_seconds = self.registry.histogram(
            "judge_seconds", "From the request's arrival to the last verdict: what judging adds to a query.", "surface"
        )
        self.first_byte_seconds = self.registry.histogram(
            "first_byte_seconds", "From the request's arrival to the first byte of the body sent.", "surface", "action"
        )

    def declare_guardians(self) -> None:
        self.verdicts = self.registry.counter("verdicts", "Verdicts, by guardian and label.", "guardian", "label")
        self.guardian_errors = self.registry.counter(
            "guardian_errors",
            "Guardian errors: `timeout`, `unavailable`, `overloaded`, `too_long`, `unparseable`.",
            "guardian",
            "kind",
        )
        self.guardian_seconds = self.registry.histogram(
            "guardian_seconds", "From asking a guardian to its outcome, errors included.", "guardian"
        )
        self.guardian = GuardianMetrics(self.registry)
        self.passage = PassageMetrics(self.registry)

    def declare_upstreams(self) -> None:
        self.upstream_responses = self.registry.counter(
            "upstream_responses", "Responses of an upstream, by HTTP status.", "upstream", "status"
        )
        self.upstream_seconds = self.registry.histogram(
            "upstream_seconds", "From the last verdict to the first byte of a forwarded answer's body.", "upstream"
        )

    def declare_speculation(self) -> None:
        self.speculation = self.registry.counter(
            "speculation",
            "Queries that were forwarded before their verdict: `used`, or `wasted`, whose answer was thrown away.",
            "result",
        )
        self.wasted_tokens = self.registry.counter(
            "speculation_wasted_tokens", "Tokens of answers that were thrown away, as far as they had arrived."
        )[()]

    def declare_gateway(self) -> None:
        self.in_flight = self.registry.gauge("in_flight", "Requests that are being worked on now.", across="livesum")[
            ()
        ]
        self.policy = self.registry.gauge(
            "policy_info", "1 for the policies in force; `version` is their hash.", "version", across="livemax"
        )
        self.reloads = self.registry.counter(
            "policy_reloads", "Readings of the policies after the start: `loaded`, `unchanged`, `failed`.", "result"
        )
        self.stale = self.registry.gauge(
            "policy_stale", "1 while the files on disk are wrong and the last good policies decide.", across="livemax"
        )[()]
        self.build = self.registry.gauge("build_info", "1; `version` is the gateway's.", "version", across="livemax")
        self.build[(__version__,)].set(1)
        self.audit_depth = self.registry.gauge(
            "audit_queue_depth", "Audit records that wait to be stored.", across="livesum"
        )[()]
        self.audit_stored = self.registry.counter("audit_stored", "Audit records stored in the database.")[()]
        self.audit_spilled = self.registry.counter("audit_spilled", "Audit records written to the spill file instead.")[
            ()
        ]
        self.audit_lost = self.registry.counter("audit_lost", "Audit records lost: the spill file failed too.")[()]
        self.audit_failures = self.registry.counter("audit_failures", "Attempts to store audit records that failed.")[
            ()
        ]

    def observe(self, record: Record) -> None:
        """All that one finished request adds."""
        stream = "true" if record.stream else "false"
        self.queries[record.surface, record.action, record.rule, stream].inc()
        self.ended[record.action, record.ended].inc()
        if record.first_byte_seconds is not None:
            self.first_byte_seconds[record.surface, record.action].observe(record.first_byte_seconds)
        self.observe_scan(record)
        for name, outcome in (*record.outcomes.items(), *record.output.items()):
            self.observe_outcome(name, outcome)
        for rule in record.shadow:
            self.shadowed[(rule,)].inc()
        if record.speculation is not None:
            self.speculation[(record.speculation,)].inc()
            self.wasted_tokens.inc(record.wasted_tokens)
        if record.upstream is not None and record.upstream_status is not None:
            self.observe_upstream(record, record.upstream)

    def observe_scan(self, record: Record) -> None:
        """Blocked, guardian failed and unscanned are three different things; and an answer about which nothing was
        decided, of the moderations endpoint, is none of them.
        """
        if record.scanned == "failed":
            self.guardian_failed[(record.action,)].inc()
        elif record.action in ("respond", "block") and record.reason != "none":
            self.blocked[(record.rule,)].inc()
        elif record.action == "forward" and record.scanned == "none":
            self.unscanned[record.surface, record.rule].inc()
        if record.outcomes:
            self.judge_seconds[(record.surface,)].observe(record.judge_seconds)

    def observe_outcome(self, name: str, outcome: Outcome) -> None:
        self.guardian_seconds[(name,)].observe(outcome.seconds)
        if isinstance(outcome, GuardianError):
            self.guardian_errors[name, outcome.kind].inc()
        else:
            self.verdicts[name, outcome.label].inc()

    def observe_upstream(self, record: Record, name: str) -> None:
        self.upstream_responses[name, str(record.upstream_status)].inc()
        if record.first_byte_seconds is not None:
            self.upstream_seconds[(name,)].observe(record.first_byte_seconds - record.judge_seconds)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Counts a request as in flight while the block runs."""
        self.in_flight.inc()
        try:
            yield
        finally:
            self.in_flight.dec()

    def policy_in_force(self, version: str) -> None:
        """Says which policies decide from now on."""
        for child in self.policy.values():
            child.set(0)
        self.policy[(version,)].set(1)

    def reloaded(self, result: str, *, stale: bool) -> None:
        """Counts a reading of the policies."""
        self.reloads[(result,)].inc()
        self.stale.set(stale)

    def render(self) -> tuple[bytes, str]:
        """The text format and its content type."""
        return self.registry.render()


def reference() -> str:
    """`docs/reference/metrics.md`, generated."""
    rows = "".join(
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels) or '–'} | {one.help} |\n"
        for one in Metrics().registry.declared
    )
    return (
        "# Metrics\n\n"
        "<!-- Generated by `python scripts/generate_docs.py`: do not edit. -->\n\n"
        "`GET /metrics` is in the Prometheus text format. No label takes its values from a caller, so the number of\n"
        "series is bounded by your settings and policies.\n"
        "A query that was *blocked*, one whose *guardian failed*, and one that went *unscanned* are counted apart.\n\n"
        f"| metric | type | labels | what it counts |\n| --- | --- | --- | --- |\n{rows}\n"
        f"Histograms of times are in seconds, with the buckets {', '.join(f'{bound:g}' for bound in SECONDS)}.\n"
        "With one worker the process's own `process_*` metrics (CPU seconds, resident memory, open files) are there\n"
        "too. With several, any of them answers for all: counters and histograms are sums over the workers, with\n"
        "those that ended; gauges are sums or maxima over those that live.\n"
    )
