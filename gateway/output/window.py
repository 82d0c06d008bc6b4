"""A window of a streamed answer: what is judged at one time, and when there is enough of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.surfaces.answer import Place
from gateway.types import ErrorKind

FIRST_CHARACTERS, MOST_CHARACTERS = 120, 2000
FIRST_SECONDS, MOST_SECONDS = 0.3, 1.0
SHARE = 8
"""Of a long answer a window is at least this part, so that looking at the whole of it each time stays cheap."""
OVERLAP = 400
"""Characters before a window that are judged with it once more, as its context."""
HELD_BYTES = 256 * 1024
"""A window is full at this size too; while it is judged, no more than this is read on."""


@dataclass(frozen=True, slots=True)
class Size:
    """When a window is full: when it holds enough characters, or its text has waited long enough. The first is small,
    so that the first token comes soon, and each is twice the one before, so that a long answer takes few judgements.
    """

    characters: int = FIRST_CHARACTERS
    seconds: float = FIRST_SECONDS

    def next(self, came: int) -> Size:
        """After so many characters in all."""
        most = max(MOST_CHARACTERS, came // SHARE)
        return Size(min(self.characters * 2, most), min(self.seconds * 2, MOST_SECONDS))


@dataclass(frozen=True, slots=True)
class Window:
    """`texts` is the answer so far, `passage` what is new of it and what was before, if there is something `new`."""

    texts: tuple[str, ...]
    passage: str
    new: bool
    unread: ErrorKind | None
    """Why the answer cannot be judged any more: an event that cannot be read, or too many of them."""
    reached: Mapping[str, int]
    """How much of each choice it holds, with all before."""
    places: Mapping[Place, int]
    """The same of each place."""
