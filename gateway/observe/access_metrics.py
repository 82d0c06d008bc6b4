"""How many requests were turned away at the entrance, and in what state the keys are. Declared once."""

from __future__ import annotations

from gateway.observe.registry import Registry


class AccessMetrics:
    """The metrics of keys and limits. They name no tenant and no key: there may be many of both."""

    def __init__(self, registry: Registry) -> None:
        self.refused = registry.counter(
            "requests_refused",
            "Requests refused unread: by their key (`missing`, `invalid`, `in_url`, `expired`, `revoked`, `scope`,"
            " `tenant`) or a limit (`requests`, `concurrency`).",
            "surface",
            "reason",
        )
        self.reloads = registry.counter(
            "key_reloads", "Readings of the keys after the start: `loaded`, `unchanged`, `failed`.", "result"
        )
        self.stale = registry.gauge(
            "keys_stale", "1 while the file of keys is wrong and the last good one decides.", across="livemax"
        )[()]
        self.store_failures = registry.counter(
            "limit_store_failures", "Failures of the Valkey that replicas count requests in."
        )[()]
