"""The readings of a text: as it came, with its signs and codes undone, with its words guessed at, and what was hidden
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.evasion.plausible import is_text
from gateway.evasion.technique import Stage, techniques
from gateway.evasion.view import View

CERTAIN: Sequence[Stage] = ("signs", "codes")
DEPTH = 3
"""How often what came out of a code is decoded again, and how often the whole text is looked at."""
ROOM = 64 * 1024
SENTENCE, COVER = 8, 3
"""How long what is hidden must be, and how many times longer its cover, for it to be judged alone too."""


@dataclass(slots=True)
class Reader:
    """Reads decoded segments while there is room: all that is decoded from a text is at most so long, whatever lies
    in what. `hidden` are the segments of the text itself.
    """

    room: int
    hidden: list[str] = field(default_factory=list)

    def undo(self, view: View, stages: Sequence[Stage], depth: int) -> View:
        text, names = view.text, set(view.techniques)

        def read(segment: str) -> str | None:
            found = self.read(segment, depth)
            if found is None:
                return None
            names.update(found.techniques)
            if depth == DEPTH:
                self.hidden.append(found.text)
            return found.text

        for technique in techniques().hinted(text, stages):
            changed = technique.undo(text, read)
            if changed != text:
                text = changed
                names.add(technique.NAME)
        return View(text, tuple(sorted(names)))

    def read(self, segment: str, depth: int) -> View | None:
        self.room -= len(segment)
        if self.room < 0:
            return None
        if is_text(segment):
            return View(segment)
        if depth == 0:
            return None
        inner = self.undo(View(segment), CERTAIN, depth - 1)
        return inner if inner.techniques and is_text(inner.text) else None


def views(text: str) -> tuple[View, ...]:
    """The raw text first, then each different reading, four in all at most."""
    return read(text, Reader(2 * len(text) + ROOM))


def complete_views(text: str) -> tuple[View, ...] | None:
    """The same; None where the text holds more in codes than there is room for, as what is left undone may be what
    matters.
    """
    reader = Reader(2 * len(text) + ROOM)
    found = read(text, reader)
    return found if reader.room >= 0 else None


def read(text: str, reader: Reader) -> tuple[View, ...]:
    raw = View(text)
    plain = cleared(raw, reader)
    guessed = reader.undo(plain, ("words",), 0)
    alone = View("\n".join(reader.hidden), plain.techniques)
    candidates = [plain, guessed, alone] if covered(alone, plain) else [plain, guessed]
    return (raw, *different(candidates, {text}))


def cleared(view: View, reader: Reader) -> View:
    """Signs and codes undone, and those that come out of them."""
    for _ in range(DEPTH):
        before, view = view, reader.undo(view, CERTAIN, DEPTH)
        if view.text == before.text:
            break
    return view


def covered(alone: View, plain: View) -> bool:
    """Whether what was hidden says something by itself, and is lost among the rest."""
    return SENTENCE <= len(alone.text) < len(plain.text) / COVER


def different(candidates: Sequence[View], seen: set[str]) -> Iterator[View]:
    for view in candidates:
        if view.text.strip() and view.text not in seen:
            seen.add(view.text)
            yield view
