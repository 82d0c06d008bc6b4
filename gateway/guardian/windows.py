"""A long text in overlapping windows: every character is in one of them, and what is not longer than the overlap lies
whole in one.
"""

from __future__ import annotations

from collections.abc import Iterator

OVERLAP = 200


def overlap(size: int) -> int:
    """How many characters two windows of this size share at least: 200, or a tenth where that is more; a quarter where
    the windows are small.
    """
    return max(size // 10, min(OVERLAP, size // 4))


def windows(text: str, size: int) -> Iterator[str]:
    """Windows of at most `size` (8 or more) characters, in order, cut at blanks where there are any.

    A window depends on nothing behind it, so a text that grows keeps all windows but its last.
    """
    start = 0
    while len(text) - start > size:
        end = blank(text, start + size - size // 4, start + size) or start + size
        yield text[start:end]
        start = end - overlap(size)
        start = blank(text, start - size // 8, start) or start
    yield text[start:]


def blank(text: str, begin: int, end: int) -> int:
    """Behind the last blank in this part of the text; 0 when there is none."""
    return max(text.rfind(" ", begin, end), text.rfind("\n", begin, end)) + 1
