"""How much of one choice of an answer has come, was judged, and was released: in characters, in the order of coming."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    def finish(self) -> None:
        self.finished = True

    def judge(self, reached: int) -> None:
        self.judged = reached

    def release(self, end: int) -> None:
        self.released = end

    def safe(self, reached: int, margin: int) -> int:
        """How much may be released when this much was judged. Nothing stays back of a finished choice, if all was."""
        return reached if self.finished and reached >= self.came else max(0, reached - margin)

    def over(self, end: int, reached: int, margin: int) -> int:
        """By how much it is more than may be released, if it is released up to this end."""
        return max(0, end - self.safe(reached, margin))

    def unfinished_word(self, text: str) -> int:
        """How many characters at the end of its place's text are a word that may go on. A word that is too long, or a
        script without gaps, counts as finished.
        """
        if self.finished:
            return 0
        tail = text[-min(self.run, LONGEST_WORD) :]
        return next((back for back, sign in enumerate(reversed(tail)) if not (sign.isalnum() or sign == "_")), 0)


class Choices(dict[str, Choice]):
    """The choices of an answer by their names, with sums over all of them: an event costs no more where there are many.
    Whatever changes one is told to `change`.
    """

    def __init__(self, margin: int) -> None:
        super().__init__()
        self.margin = margin
        self.came = self.judged = 0
        self.over_judged = self.over_come = 0
        """By how much more is released than may be after what was judged, and after all that came."""

    def change(self, name: str, step: Callable[[Choice], None]) -> Choice:
        choice = self.setdefault(name, Choice())
        self.count(choice, -1)
        step(choice)
        self.count(choice, 1)
        return choice

    def count(self, choice: Choice, sign: int) -> None:
        self.came += sign * choice.came
        self.judged += sign * choice.judged
        self.over_judged += sign * choice.over(choice.released, choice.judged, self.margin)
        self.over_come += sign * choice.over(choice.released, choice.came, self.margin)

    def over(self, ends: Mapping[str, int], *, all_judged: bool = False) -> int:
        """By how much it would be more, with these ends released, and with all that came judged."""
        total = self.over_come if all_judged else self.over_judged
        for name, end in ends.items():
            choice = self[name]
            reached = choice.came if all_judged else choice.judged
            total += choice.over(end, reached, self.margin) - choice.over(choice.released, reached, self.margin)
        return total


def choice_of(place: Spot) -> str:
    return place[1] if place[0] == STREAMED else BESIDE
