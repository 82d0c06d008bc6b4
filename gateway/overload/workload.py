"""How many requests are at work, and whether there is room for another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Workload:
    """`limit` is how many may be at work; with 0 there is no limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.requests = 0

    @property
    def full(self) -> bool:
        return 0 < self.limit <= self.requests

    @contextmanager
    def carrying(self) -> Iterator[None]:
        """Counts one request while the block runs."""
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1
