"""Server-sent events out of bytes that arrive cut anywhere, as the WHATWG's standard reads them: lines end in LF, CR or
both, an empty line ends an event, a byte-order mark may come first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE_END = re.compile(rb"(?>\r\n|\n|\r)")
BOUNDARY = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
LONGEST_BOUNDARY = 4
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIELDS = frozenset({b"", b"data", b"event", b"id", b"retry"})
"""What a line may begin with, up to its colon; nothing: a comment."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came. `raw` is every byte of it, its empty line too; `data` is None when it has none or
    an empty one. `odd`: it has lines that are no part of the format, which some reader may yet make something of.
    """

    raw: bytes
    data: bytes | None = None
    odd: bool = False


class RawEventSplitter:
    """Feed it bytes; it gives the events that are complete. All `raw` together are what it was fed. It looks at each
    byte once, however the bytes are cut.
    """

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.begun = False

    @property
    def pending(self) -> int:
        """How many bytes of an event that is not complete it holds."""
        return len(self.buffer)

    def feed(self, chunk: bytes) -> list[Event]:
        seen = max(0, len(self.buffer) - LONGEST_BOUNDARY + 1)
        self.buffer += chunk
        events: list[Event] = []
        start = 0
        while (end := self.end_of_event(start, max(start, seen))) is not None:
            events.append(self.event(bytes(self.buffer[start:end])))
            start = end
        if start:
            del self.buffer[:start]
        return events

    def rest(self) -> bytes:
        """The bytes of an event that is not complete; it forgets them."""
        raw = bytes(self.buffer)
        self.buffer.clear()
        return raw

    def flush(self) -> list[Event]:
        """What a stream that ended without its last empty line still held."""
        raw = self.rest()
        return [self.event(raw)] if raw else []

    def end_of_event(self, start: int, seen: int) -> int | None:
        """A CR that comes last may be the half of a line's end: the next byte says."""
        found = LINE_END.match(self.buffer, start) or BOUNDARY.search(self.buffer, seen)
        if found is None or (found.end() == len(self.buffer) and self.buffer[-1:] == b"\r"):
            return None
        return found.end()

    def event(self, raw: bytes) -> Event:
        first, self.begun = not self.begun, True
        return read_event(raw, raw.removeprefix(BYTE_ORDER_MARK) if first else raw)


class EventSplitter:
    """The same for a reader who wants nothing but the `data` of each event."""

    def __init__(self) -> None:
        self.splitter = RawEventSplitter()

    @property
    def pending(self) -> int:
        """How many bytes of an event that is not complete it holds."""
        return self.splitter.pending

    def feed(self, chunk: bytes) -> list[bytes]:
        return [event.data for event in self.splitter.feed(chunk) if event.data is not None]

    def flush(self) -> list[bytes]:
        return [event.data for event in self.splitter.flush() if event.data is not None]


def read_event(raw: bytes, text: bytes) -> Event:
    """`text` is what of it is to be read."""
    data, odd = [], False
    for line in text.splitlines():
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        elif name not in FIELDS:
            odd = True
    return Event(raw, b"\n".join(data) or None, odd)
