"""Verdicts of this process, each for a while and only so many."""

from __future__ import annotations

from time import monotonic

from gateway.types import Verdict


class Memory:
    """At most `entries` verdicts by their keys; the oldest goes first."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        self.kept: dict[bytes, tuple[float, Verdict]] = {}

    def get(self, key: bytes) -> Verdict | None:
        found = self.kept.get(key)
        if found is None:
            return None
        until, verdict = found
        if until > monotonic():
            return verdict
        del self.kept[key]
        return None

    def put(self, key: bytes, verdict: Verdict, seconds: float) -> None:
        """Kept anew, it is the youngest."""
        self.kept.pop(key, None)
        self.kept[key] = (monotonic() + seconds, verdict)
        if len(self.kept) > self.entries:
            del self.kept[next(iter(self.kept))]
