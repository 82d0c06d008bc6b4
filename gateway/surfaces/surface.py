"""What a surface is: one API endpoint shape, read and written purely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.errors import RequestError
from gateway.surfaces.coverage import Cell
from gateway.types import Arrival, Query

FinishReason = str
Annotation = Mapping[str, Any] | None
"""The `moderation` field, where a policy asks for it."""
Spot = tuple[str, ...]
"""Where a text of an answer stands, from the outside in. The first is STREAMED for what comes piece by piece, with the
name of its choice behind it: `choices`, the choice's index, `delta`, `content`.
"""
STREAMED = "choices"


@dataclass(frozen=True, slots=True)
class Added:
    """What one event adds to an answer: pieces of text with their spots, and the choices that it says are finished."""

    pieces: tuple[tuple[Spot, str], ...] = ()
    finished: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    """The choices of which it brings tokens, as log-probabilities or as numbers, whose text is still to come: a server
    that looks for a stop word holds text back, but not those.
    """
    last: bool = False
    """Whether it says that nothing comes after it."""


class AnswerText(Protocol):
    """The texts of an upstream's answer, put together event by event."""

    read: bool
    """Whether anything has come that is an answer of this surface."""

    def feed(self, data: bytes) -> Added | None:
        """What the data of one event, or a whole body, adds. None when it cannot be read."""

    @property
    def texts(self) -> dict[Spot, str]:
        """By spot, in the order in which they began."""


class AnswerWriter(Protocol):
    """Writes one streamed answer: from its opening, or behind what the client has of an upstream's already."""

    def follow(self, data: bytes) -> None:
        """The data of an upstream's event that the client has got. What is written then goes on behind it."""

    def opening(self) -> bytes:
        """The first events. Not after `follow`."""

    def delta(self, text: str) -> bytes:
        """The events of one more piece of text."""

    def closing(self, finish_reason: FinishReason) -> bytes:
        """The last events, an end marker among them where the surface has one."""


class Place(Protocol):
    """An endpoint: its name in records, its path below an upstream's base URL, and how it tells an error."""

    name: str
    upstream_path: str
    route: str
    """The surface by whose route it goes: its own name, mostly."""

    def error(self, error: RequestError) -> bytes:
        """The body of an error."""


class Reader(Place, Protocol):
    """An endpoint that reads a query."""

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        """The query, or a RequestError."""


class Surface(Reader, Protocol):
    """One endpoint shape that is judged. Every method is pure; bodies are bytes on the wire."""

    path: str
    """The path that clients call."""
    answer_member: str
    """The member of a stream's first event that holds the answer; empty where the event is the answer itself."""
    judged_field: str
    """The field of a body that an error about a blocked query names."""
    speaks: bool
    """Whether it can answer with a text. Where it cannot, what a policy would answer is told as an error."""

    def cells(self) -> Iterable[Cell]:
        """What is judged, refused, trusted or unscanned of it."""

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        """The caller's bytes with another model, and with a system prompt before the messages."""

    def without_effects(self, query: Query) -> bool:
        """Whether asking an upstream does nothing but make an answer: then it may be asked in vain."""

    def tokens(self, events: Sequence[bytes]) -> int:
        """How much an upstream has generated of an answer: of its body, or of the data of its events so far."""

    def answer(self) -> AnswerText | None:
        """An answer of which nothing has come yet: it is fed a body, or the data of a stream's events, one by one. None
        where answers hold no words, but numbers or sound: there is nothing to judge.
        """

    def completion(
        self, query: Query, text: str, finish_reason: FinishReason, *, created: int, moderation: Annotation = None
    ) -> bytes:
        """A whole answer as one body. Not asked of a surface that does not speak."""

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        """For an answer that is streamed. Not asked of a surface that does not speak."""


def answer_texts(surface: Surface, events: Sequence[bytes]) -> tuple[str, ...] | None:
    """Every text of an upstream's answer: its body, or the data of its events. None when it cannot be read."""
    answer = surface.answer()
    if answer is None or any(answer.feed(data) is None for data in events) or not answer.read:
        return None
    return tuple(answer.texts.values())
