"""Words that are cut by a hyphen and the end of a line."""

from __future__ import annotations

import re

from gateway.evasion.english import COMMON, is_word
from gateway.evasion.technique import Read, Stage

NAME = "hyphenation"
STAGE: Stage = "words"
HINT = r"(?:[a-z]|[가-힣])[-‐]\r?\n[ \t]*(?:[a-z]|[가-힣])"
CUT = re.compile(r"(?:([A-Za-z]{1,32})[-‐]\r?\n[ \t]*+([a-z]{1,32}))|(?<=[가-힣])[-‐]\r?\n[ \t]*+(?=[가-힣])")


def undo(text: str, read: Read) -> str:
    del read
    return CUT.sub(lambda found: joined(found[0], found[1], found[2]) if found[1] else "", text)


def joined(cut: str, head: str, tail: str) -> str:
    """One word, where it is one, and is not two that belong together."""
    two = head.lower() in COMMON and tail in COMMON
    return head + tail if not two and is_word(head + tail) else cut
