"""Whether what came out of a code is text that somebody wrote: mostly letters, English or Korean."""

from __future__ import annotations

import re

from gateway.evasion.english import UNLIKELY, cost, known
from gateway.evasion.korean import is_korean, syllables

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
LETTER = re.compile(r"[A-Za-z가-힣]")
MOSTLY = 0.65
SHORTEST = 3


def is_text(text: str) -> bool:
    """Mostly letters of the two, which are pronounceable."""
    written = sum(map(len, text.split()))
    letters = len(LETTER.findall(text))
    if letters < SHORTEST or letters < MOSTLY * written or CONTROL.search(text):
        return False
    korean = syllables(text)
    return is_korean(text) if 3 * korean > letters else cost(text) <= UNLIKELY


def is_english(text: str, share: float) -> bool:
    """So many of its letters are in common words, and all of it is pronounceable."""
    return known(text) >= share and cost(text) <= UNLIKELY
