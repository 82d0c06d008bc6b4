"""What a surface is: one API endpoint shape, read and written purely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.errors import RequestError
from gateway.surfaces.answer import AnswerText
from gateway.types import Arrival, Query

FinishReason = str
Annotation = Mapping[str, Any] | None
"""The `moderation` field, where a policy asks for it."""


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

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        """The query, or a RequestError."""

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        """The caller's bytes with another model, and with a system prompt before the messages."""

    def without_effects(self, query: Query) -> bool:
        """Whether asking an upstream does nothing but make an answer: then it may be asked in vain."""

    def tokens(self, events: Sequence[bytes]) -> int:
        """How much an upstream has generated of an answer: of its body, or of the data of its events so far."""

    def answer(self) -> AnswerText:
        """An answer of which nothing has come yet: it is fed the data of a stream's events, one by one."""

    def answer_texts(self, events: Sequence[bytes]) -> tuple[str, ...] | None:
        """Every text of an upstream's answer: its body, or the data of its events. None when it cannot be read."""

    def completion(
        self, query: Query, text: str, finish_reason: FinishReason, *, created: int, moderation: Annotation = None
    ) -> bytes:
        """A whole answer as one body."""

    def opening(self, query: Query, *, created: int, moderation: Annotation = None) -> bytes:
        """The first events of a streamed answer."""

    def delta(self, query: Query, text: str, *, created: int) -> bytes:
        """The event of one more piece of text."""

    def closing(self, query: Query, finish_reason: FinishReason, *, created: int) -> bytes:
        """The last events of a streamed answer, its end marker among them."""
