"""The events of a streamed answer that wait for a verdict: when a window is full, what is in it, and what may be
released when it was judged. No I/O, and no clock but the times that it is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from gateway.output.choice import Choice, Choices, choice_of
from gateway.output.window import HELD_BYTES, Size, Window
from gateway.policy.release import Release
from gateway.surfaces.surface import Added, AnswerText, AnswerWriter
from gateway.types import ErrorKind
from gateway.upstream.sse import Event


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event, and how much of which choice has come with it."""

    raw: bytes
    data: bytes | None
    ends: Mapping[str, int]
    unread: bool = False
    ahead: tuple[str, ...] = ()
    """The choices of which it tells more than their text so far: it waits for the end of these."""


class Held:
    """`add` events, and `end` when there are no more. When it is `due`, judge its `window`, and say with `judged` that
    it may go; `ready` are the bytes that may, and `writer` knows of each that it was sent.
    """

    def __init__(self, text: AnswerText, writer: AnswerWriter, release: Release) -> None:
        self.text = text
        self.writer = writer
        self.release = release
        self.events: deque[Waiting] = deque()
        self.bytes = 0
        self.choices = Choices(release.margin)
        self.size = Size()
        self.first_text: float | None = None
        self.since: float | None = None
        self.unread: ErrorKind | None = None
        self.forgiven = self.begun = self.last = self.ended = False

    def add(self, event: Event, now: float) -> None:
        added = Added() if event.data is None else self.text.feed(event.data)
        unread = added is None or event.odd
        if unread:
            self.unread = "unparseable"
        ends = {} if added is None else self.note(added, now)
        self.events.append(Waiting(event.raw, event.data, ends, unread, () if added is None else added.ahead))
        self.bytes += len(event.raw)

    def note(self, added: Added, now: float) -> Mapping[str, int]:
        touched: dict[str, int] = {}
        for place, text in added.pieces:
            name = choice_of(place)
            touched[name] = self.choices.change(name, partial(Choice.add, place=place, text=text)).came
        for name in (*self.choices,) if added.last else added.finished:
            self.choices.change(name, Choice.finish)
        self.last = self.last or added.last
        if (touched or added.finished or added.last) and self.unjudged:
            self.first_text = now if self.first_text is None else self.first_text
            self.since = now if self.since is None else self.since
        return touched

    def end(self) -> None:
        self.ended = True
        for name in self.choices:
            self.choices.change(name, Choice.finish)
        if not self.text.read and not self.begun:
            self.unread = "unparseable"

    @property
    def came(self) -> int:
        return self.choices.came

    @property
    def unjudged(self) -> int:
        return self.choices.came - self.choices.judged

    def due(self, now: float) -> bool:
        """Whether it is time to judge. Before the end never without new text, and not when it would release nothing."""
        if self.unread is not None:
            return True
        if self.ended:
            return not self.begun or self.unjudged > 0
        if self.since is None or not self.helps():
            return False
        full = self.unjudged >= self.size.characters or self.bytes >= HELD_BYTES
        return full or self.last or now >= self.since + self.size.seconds

    def helps(self) -> bool:
        first = next((event for event in self.events if event.ends), None)
        return first is not None and self.choices.over(first.ends, all_judged=True) <= self.release.leak

    def left(self, now: float) -> float | None:
        """The seconds until a window's time has come."""
        return None if self.since is None or not self.helps() else max(0.0, self.since + self.size.seconds - now)

    def window(self) -> Window:
        texts = self.text.texts
        reached: dict[str, int] = {}
        for name, choice in self.choices.items():
            cut = min(choice.unfinished_word(texts.get(choice.place, "")), choice.came - choice.judged)
            reached[name] = choice.came - cut
            if cut:
                texts[choice.place] = texts[choice.place][:-cut]
        unread, self.since, self.unread = self.unread, None, None
        return Window({place: text for place, text in texts.items() if text}, unread, reached)

    def judged(self, window: Window) -> None:
        """The window may be released; what could not be read too, since a rule says so."""
        self.forgiven = self.forgiven or window.unread is not None
        for name, reached in window.reached.items():
            self.choices.change(name, partial(Choice.judge, reached=reached))
        self.size = self.size.next(self.came)
        self.begun = True

    def ready(self) -> bytes:
        """The events that may be released, byte for byte. Before the first verdict only what a leak allows."""
        pieces: list[bytes] = []
        if self.begun or self.release.leak:
            while self.events and self.may_go(self.events[0]):
                event = self.events.popleft()
                for name, end in event.ends.items():
                    self.choices.change(name, partial(Choice.release, end=end))
                pieces.append(event.raw)
                if event.data is not None:
                    self.writer.follow(event.data)
        released = b"".join(pieces)
        self.bytes -= len(released)
        return released

    def rest(self) -> bytes:
        """All that waits, judged or not."""
        rest = b"".join(event.raw for event in self.events)
        self.events.clear()
        return rest

    def may_go(self, event: Waiting) -> bool:
        if not all(self.complete(name) for name in event.ahead):
            return False
        return (self.forgiven or not event.unread) and (not event.ends or self.within(event))

    def complete(self, name: str) -> bool:
        choice = self.choices.get(name)
        return self.ended if choice is None else choice.finished and choice.judged >= choice.came

    def within(self, event: Waiting) -> bool:
        """Whether no more than the leak of what is then released was not judged."""
        return self.choices.over(event.ends) <= self.release.leak
