"""How much of one choice of an answer has come, was judged, and was released: in characters, in the order of coming."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.surfaces.surface import STREAMED, Spot

LONGEST_WORD = 64
BESIDE = ""
"""What stands beside the choices: texts that come whole."""


@dataclass(slots=True)
class Choice:
    """`run` counts the characters at its end that came in one `place`. One that is finished ends with a whole word."""

    came: int = 0
    judged: int = 0
    released: int = 0
    place: Spot = ()
    run: int = 0
    finished: bool = False

    def add(self, place: Spot, text: str) -> None:
        self.came += len(text)
        self.run = self.run + len(text) if place == self.place else len(text)
        self.place = place
        self.finished = place[0] != STREAMED

    def safe(self, reached: int, margin: int) -> int:
        """How much may be released when this much was judged. Nothing stays back of a finished choice, if all was."""
        return reached if self.finished and reached >= self.came else max(0, reached - margin)

    def unfinished_word(self, text: str) -> int:
        """How many characters at the end of its place's text are a word that may go on. A word that is too long, or a
        script without gaps, counts as finished.
        """
        if self.finished:
            return 0
        tail = text[-min(self.run, LONGEST_WORD) :]
        return next((back for back, sign in enumerate(reversed(tail)) if not (sign.isalnum() or sign == "_")), 0)


def choice_of(place: Spot) -> str:
    return place[1] if place[0] == STREAMED else BESIDE
