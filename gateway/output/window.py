"""A window of a streamed answer: what is judged at one time, and when there is enough of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.guardian.windows import blank
from gateway.surfaces.surface import Spot
from gateway.types import ErrorKind

FIRST_CHARACTERS, MOST_CHARACTERS = 120, 2000
FIRST_SECONDS, MOST_SECONDS = 0.3, 1.0
SHARE = 8
"""Of a long answer a window is at least this part, so that looking at the whole of it each time stays cheap."""
OVERLAP, FARTHEST = 400, 4000
"""Characters before a window that are judged with it once more, as its context: from the beginning of a word on, where
that is not too far, since a code that is cut anywhere cannot be read.
"""
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
    """The answer so far, up to the words that are not finished. `reached` is how much of each choice that is."""

    texts: Mapping[Spot, str]
    unread: ErrorKind | None
    """Why the answer cannot be judged any more: an event that cannot be read, or too many of them."""
    reached: Mapping[str, int]


class Seen:
    """How much of each place every guardian has been asked about. One may be asked late, when a rule needs it only for
    words that came late: then about all from the beginning.
    """

    def __init__(self) -> None:
        self.places: dict[str, dict[Spot, int]] = {}

    def passage(self, window: Window, plan: Sequence[str]) -> str | None:
        """What one of these guardians has not seen, and some of what was before it. None: they have seen it all."""
        asked = [self.places.get(name) for name in plan]
        before = {place: min(0 if one is None else one.get(place, 0) for one in asked) for place in window.texts}
        new = [
            text[context(text, before[place]) :] for place, text in window.texts.items() if len(text) > before[place]
        ]
        return "\n".join(new) if new or None in asked else None

    def add(self, window: Window, plan: Sequence[str]) -> None:
        for name in plan:
            seen = self.places.setdefault(name, {})
            seen.update({place: max(len(text), seen.get(place, 0)) for place, text in window.texts.items()})


def context(text: str, before: int) -> int:
    """Where the context begins of what stands behind here."""
    start = max(0, before - OVERLAP)
    farthest = max(0, start - FARTHEST)
    return blank(text, farthest, start) or farthest
