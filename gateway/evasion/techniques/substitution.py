"""Letters that stand for others in the alphabet's order: rot13, every other Caesar shift, and the alphabet backwards.

A disguised text is told by the commonest words, which are there in disguise too.
"""

from __future__ import annotations

import re
from collections import Counter
from string import ascii_lowercase, ascii_uppercase

from gateway.evasion.english import COMMON
from gateway.evasion.plausible import is_clearer
from gateway.evasion.technique import Read, Stage

NAME = "substitution"
STAGE: Stage = "codes"
FREQUENT = """
about all and any are can create does for from get give have help how into instructions like make need not one out
people person please some someone steal step steps tell that the their them this use using want was what when which
who with without write you your build buy explain would could should
"""
SIZE = len(ascii_lowercase)
BACKWARDS = SIZE


def table(key: int) -> dict[int, str]:
    """From plain letters to disguised ones."""
    return {ord(a): b for abc in (ascii_lowercase, ascii_uppercase) for a, b in zip(abc, moved(abc, key), strict=True)}


def moved(abc: str, key: int) -> str:
    return abc[::-1] if key == BACKWARDS else abc[key:] + abc[:key]


KEYS = {
    word.translate(table(key)): key
    for key in range(1, SIZE + 1)
    for word in FREQUENT.split()
    if word.translate(table(key)) not in COMMON
}
"""Which key a disguised word is of."""
INVERSES = {key: {ord(disguised): chr(plain) for plain, disguised in table(key).items()} for key in range(1, SIZE + 1)}
HINT = rf"(?i:\b(?:{'|'.join(KEYS)})\b)"
WORD = re.compile(r"[A-Za-z]{3,}")
SEGMENT = re.compile(r'[^\n:;"“”`]+')


def undo(text: str, read: Read) -> str:
    del read
    found = Counter(KEYS[word] for word in map(str.lower, WORD.findall(text)) if word in KEYS)
    if not found:
        return text
    (key, _), *_ = found.most_common(1)
    return SEGMENT.sub(lambda segment: meant(segment[0], INVERSES[key]), text)


def meant(segment: str, inverse: dict[int, str]) -> str:
    """The segment in plain letters where that is English and it is not."""
    plain = segment.translate(inverse)
    return plain if is_clearer(plain, segment) else segment
