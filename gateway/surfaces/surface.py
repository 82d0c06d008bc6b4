"""What a surface is: one API endpoint shape, read and written purely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.errors import RequestError
from gateway.types import Query

FinishReason = str


class Place(Protocol):
    """An endpoint: its name in records, its path below an upstream's base URL, and how it tells an error."""

    name: str
    upstream_path: str

    def error(self, error: RequestError) -> bytes:
        """The body of an error."""


class Surface(Place, Protocol):
    """One endpoint shape that is judged. Every method is pure; bodies are bytes on the wire."""

    path: str
    """The path that clients call."""

    def read(self, raw: bytes, headers: Mapping[str, str], *, request_id: str, tenant: str) -> Query:
        """The query, or a RequestError."""

    def completion(self, query: Query, text: str, finish_reason: FinishReason, *, created: int) -> bytes:
        """A whole answer as one body."""

    def opening(self, query: Query, *, created: int) -> bytes:
        """The first events of a streamed answer."""

    def delta(self, query: Query, text: str, *, created: int) -> bytes:
        """The event of one more piece of text."""

    def closing(self, query: Query, finish_reason: FinishReason, *, created: int) -> bytes:
        """The last events of a streamed answer, its end marker among them."""
