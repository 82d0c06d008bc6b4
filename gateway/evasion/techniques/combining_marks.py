"""Letters under heaps of combining marks, or with a mark each that no language writes; Vietnamese is left alone."""

from __future__ import annotations

import re
from unicodedata import normalize

from gateway.evasion.english import is_word
from gateway.evasion.technique import Read, Stage

NAME = "combining_marks"
STAGE: Stage = "signs"
MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
USUAL = "\u0300-\u0304\u0306-\u030c\u031b\u0323-\u0328\u032d\u0331"
UNUSUAL = f"(?![{USUAL}])[{MARKS}]"
ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
HINT = rf"[{MARKS}]|(?:[{ACCENTED}][A-Za-z]?){{3}}"
HEAP = re.compile(rf"[{MARKS}]{{3,}}|(?<=[A-Za-z가-힣]){UNUSUAL}[{MARKS}]*")
WORD = re.compile(rf"[A-Za-z{ACCENTED}][A-Za-z{ACCENTED}{MARKS}]{{2,64}}")
MARK = re.compile(f"[{MARKS}]")
MANY = 3
SHARE = 0.6


def undo(text: str, read: Read) -> str:
    del read
    return WORD.sub(lambda found: bare(found[0]), HEAP.sub("", text))


def bare(word: str) -> str:
    """The word without its marks, where most of its letters have one and what is left is an English word."""
    if word.isascii():
        return word
    letters = MARK.sub("", normalize("NFD", word))
    marked = len(normalize("NFD", word)) - len(letters)
    return letters if marked >= max(MANY, SHARE * len(letters)) and is_word(letters) else word
