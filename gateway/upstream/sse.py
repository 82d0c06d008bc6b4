"""Server-sent events out of bytes that arrive cut anywhere."""

from __future__ import annotations

import re

BOUNDARY = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class EventSplitter:
    """Feed it bytes; it gives the `data` of each event that is complete. A multi-line `data` is joined by newlines;
    comments are dropped.
    """

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        *events, self.rest = BOUNDARY.split(self.rest + chunk)
        return [data for event in events if (data := event_data(event)) is not None]

    def flush(self) -> list[bytes]:
        """What a stream that ended without its last blank line still held."""
        data = event_data(self.rest)
        self.rest = b""
        return [] if data is None else [data]


def event_data(event: bytes) -> bytes | None:
    lines = [line[5:].removeprefix(b" ") for line in event.splitlines() if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None
