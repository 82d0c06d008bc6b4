"""ASCII that is written in tag signs, which no screen shows, beside a text that is seen. Flags are spelt so too."""

from __future__ import annotations

import re

from gateway.evasion.technique import Read, Stage

NAME = "tags"
STAGE: Stage = "signs"
HINT = r"[\x{E0020}-\x{E007F}]"
FLAG_OR_TAGS = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f)|([\U000e0001\U000e0020-\U000e007f]+)"
)
OFFSET = 0xE0000


def undo(text: str, read: Read) -> str:
    """The text without them, then what they say."""
    parts = [found[2] for found in FLAG_OR_TAGS.finditer(text) if found[2]]
    if not parts:
        return text
    hidden = read("".join(chr(ord(tag) - OFFSET) for tag in "".join(parts) if " " <= chr(ord(tag) - OFFSET) <= "~"))
    seen = FLAG_OR_TAGS.sub(lambda found: found[1] or "", text)
    return seen if hidden is None else f"{seen}\n{hidden}"
