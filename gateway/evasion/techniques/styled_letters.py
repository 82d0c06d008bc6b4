"""Letters in other clothes: fullwidth, mathematical, circled, squared, raised, halfwidth, regional indicators.

Only where they spell a word: a formula, a trade mark and a flag stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from unicodedata import decomposition, normalize

from gateway.evasion.english import is_word
from gateway.evasion.technique import Read, Stage

NAME = "styled_letters"
STAGE: Stage = "signs"
RANGES = (
    *((0x00AA, 0x00BA), (0x02B0, 0x02B8), (0x1D2C, 0x1D6A), (0x1D9C, 0x1DBF), (0x2071, 0x209C), (0x2102, 0x2149)),
    *((0x249C, 0x24E9), (0x3200, 0x321E), (0x3260, 0x327E), (0xFF10, 0xFFDC), (0x1D400, 0x1D7FF), (0x1F110, 0x1F149)),
)
"""Where Unicode itself says which letter it is, perhaps in brackets."""
ALPHABETS = {0x1F150: "A", 0x1F170: "A", 0x1F1E6: "a"}
"""Where it does not: whole alphabets, by where they begin."""
LETTER = re.compile(r"\(?([A-Za-z0-9가-힣ㄱ-ㅣ])\)?")
NARROW = "<narrow>"


def letter_of(sign: str) -> str | None:
    kind, *code = decomposition(sign).split()[:2] or ("",)
    plain = chr(int(code[0], 16)) if kind == NARROW else normalize("NFKC", sign)
    found = LETTER.fullmatch(plain)
    return found[1] if found else None


LETTERS = {
    **{code: letter for first, last in RANGES for code in range(first, last + 1) if (letter := letter_of(chr(code)))},
    0x1DA6: "i",
    0x1DAB: "l",
    0x1DB0: "n",
    0x1DB8: "u",
    **{first + i: chr(ord(letter) + i) for first, letter in ALPHABETS.items() for i in range(26)},
}


def spans(codes: Iterable[int]) -> str:
    """The signs as ranges of a character class, which is searched faster than one by one."""
    runs = groupby(enumerate(sorted(codes)), lambda pair: pair[1] - pair[0])
    ends = ([code for _, code in run] for _, run in runs)
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in ends)


STYLED = spans(LETTERS)
HINT = rf"[{STYLED}][A-Za-z{STYLED} \x{{FE0F}}]{{0,2}}[{STYLED}]"
SIGN = rf"(?![\x00-\x7f])[{STYLED}]"
"""What is ASCII is told from it at once."""
STYLED_SIGN = re.compile(SIGN)
WORDS = re.compile(rf"{SIGN}(?:\ufe0f?{SIGN}|[A-Za-z0-9]|[ \ufe0f]{{1,2}}{SIGN}(?![A-Za-z0-9])(?!{SIGN}))*+")
BETWEEN = re.compile(r"[ \ufe0f]+")
LATIN = re.compile(r"[A-Za-z]+")


def undo(text: str, read: Read) -> str:
    """All of them, if they spell a word anywhere."""
    del read
    return text.translate(LETTERS) if any(spelt(found[0]) for found in WORDS.finditer(text)) else text


def spelt(word: str) -> bool:
    if len(STYLED_SIGN.findall(word)) < 2:
        return False
    plain = BETWEEN.sub("", word.translate(LETTERS))
    return not plain.isascii() or any(len(part) > 2 and is_word(part) for part in LATIN.findall(plain))
