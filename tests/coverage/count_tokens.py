"""A request to count tokens for each cell of its coverage: a query like any other."""

from __future__ import annotations

from tests.coverage.messages import body_of

__all__ = ["body_of"]
