"""Whether what came out of a code is text that somebody wrote: mostly letters, English or Korean."""

from __future__ import annotations

import re

from gateway.evasion.english import UNLIKELY, cost, known
from gateway.evasion.korean import is_korean, syllables

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
LETTER = re.compile(r"[A-Za-z가-힣]")
MOSTLY = 0.65
SHORTEST, FEW = 3, 8
LIKELY = 0.3
"""The share of English letters that are in common words, at the least."""


def is_text(text: str) -> bool:
    """Mostly letters of the two, which are pronounceable."""
    written = sum(map(len, text.split()))
    letters = len(LETTER.findall(text))
    if letters < SHORTEST or letters < MOSTLY * written or CONTROL.search(text):
        return False
    korean = syllables(text)
    return is_korean(text) if 3 * korean > letters else cost(text) <= UNLIKELY


def is_clearer(plain: str, text: str) -> bool:
    """Whether it is English, by its common words too, and the text that it was made of is not."""
    share = known(plain)
    if share < LIKELY or len(plain.split()) < 2 or len(LETTER.findall(plain)) < FEW:
        return False
    return share >= 2 * known(text) and cost(plain) <= UNLIKELY
