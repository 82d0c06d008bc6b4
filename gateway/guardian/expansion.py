"""What one judgement asks about: the whole, each message by itself, the readings of disguised texts, and windows of
long ones. Pure.

The whole catches a request that is split over two messages; each message by itself, one that is lost among others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gateway.evasion import View, complete_views
from gateway.guardian.passages import joined, judged_text
from gateway.guardian.windows import windows
from gateway.types import Message, Passage

FLOOR = 250
"""No window is made shorter, in characters: where that is too long for a guardian, it is not the text's fault."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How a guardian is asked: `window` is in characters, `passages` the most for one judgement, `at_once` how many of
    them at the same time. `conversation`: with the turns before.
    """

    window: int
    passages: int
    conversation: bool = False
    at_once: int = 16


@dataclass(frozen=True, slots=True)
class Part:
    """One passage that is asked about: with which disguises undone, and whether it is a window of a longer text."""

    passage: Passage
    techniques: tuple[str, ...] = ()
    window: bool = False


def expanded(passage: Passage, bounds: Bounds) -> tuple[Part, ...] | None:
    """Every part, each passage once: the whole as it came first, what was undone last. None where there are more than
    the bounds allow, or codes within codes without end.
    """
    whole = seen(passage, bounds)
    if weight(whole) > bounds.window * bounds.passages:
        return None
    alone = passage.messages if passage.answer is None and len(whole.messages) > 1 else ()
    found: list[Part] = []
    for subject in (whole, *(replace(whole, messages=(message,)) for message in alone)):
        read = readings(subject, bounds)
        if read is None:
            return None
        found += read
    if len(found) > 1:
        found = sorted(found, key=lambda part: bool(part.techniques))
        found = list({part.passage: part for part in reversed(found)}.values())[::-1]
    return tuple(found) if len(found) <= bounds.passages else None


def seen(passage: Passage, bounds: Bounds) -> Passage:
    """The passage with the turns before it, or without."""
    if not passage.history:
        return passage
    before = passage.history if bounds.conversation else ()
    return replace(passage, messages=(*before, *passage.messages), history=())


def readings(subject: Passage, bounds: Bounds) -> list[Part] | None:
    """A subject as it came and with its disguises undone, in as many windows as that takes."""
    views = complete_views(judged_text(subject))
    if views is None:
        return None
    raw, *undone = views
    found = [Part(subject)] if weight(subject) <= bounds.window else windowed(subject, raw, bounds)
    for view in undone:
        found += windowed(subject, replace(view, text=encodable(view.text)), bounds)
    return found


def windowed(subject: Passage, view: View, bounds: Bounds) -> list[Part]:
    pieces = tuple(cut(subject, view.text, bounds.window))
    return [Part(piece, view.techniques, len(pieces) > 1) for piece in pieces]


def cut(subject: Passage, text: str, size: int) -> Iterator[Passage]:
    """The subject with windows of this text in place of its own. The turns that an answer is judged with are context:
    where they are long, only their end is.
    """
    if subject.answer is None:
        role = subject.messages[0].role if len(subject.messages) == 1 else "user"
        return (replace(subject, messages=(Message(role, (piece,)),)) for piece in windows(text, size))
    context = ending(subject.messages, size // 4)
    return (replace(subject, messages=context, answer=piece) for piece in windows(text, size - size // 4))


def halved(passage: Passage) -> tuple[Passage, ...]:
    """The same text in windows of about half its size; none where they would be too short."""
    size = weight(passage) * 5 // 8
    return tuple(cut(passage, judged_text(passage), size)) if size >= FLOOR else ()


def last(passage: Passage, bounds: Bounds) -> Passage:
    """The whole, or the end of one that is too long: where the request mostly stands."""
    whole = seen(passage, bounds)
    return whole if weight(whole) <= bounds.window else tuple(cut(whole, judged_text(whole), bounds.window))[-1]


def weight(passage: Passage) -> int:
    """Its length in characters."""
    return characters(passage.messages) + len(passage.answer or "")


def characters(messages: Iterable[Message]) -> int:
    return sum(len(text) + 2 for message in messages for text in message.texts) - 2


def ending(messages: tuple[Message, ...], size: int) -> tuple[Message, ...]:
    if characters(messages) <= size:
        return messages
    return (Message("user", (joined(messages)[-size:],)),)


def encodable(text: str) -> str:
    """What was decoded may hold half a character, which no request can."""
    return text.encode("utf-8", "replace").decode()
