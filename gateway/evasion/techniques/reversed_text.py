"""Text that is written backwards, whole or word by word, and upside down."""

from __future__ import annotations

import re

from gateway.evasion.english import COMMON
from gateway.evasion.korean import syllables, turned
from gateway.evasion.plausible import is_clearer
from gateway.evasion.technique import Read, Stage

NAME = "reversed"
STAGE: Stage = "codes"
TURNED = str.maketrans("ɐqɔpǝɟƃɓɥᴉıɾʞɯuodbɹʇnʌʍʎ¿", "abcdefgghiijkmnopqrtuvwy?")
"""Letters upside down, those that are letters the right way up too among them."""
BACKWARDS = frozenset(word[::-1] for word in COMMON if len(word) > 2) - COMMON
KOREAN_STARTS = "를|[는을줘][가-힣]|요세|요까|다니|까니|게떻어|법방|서에|요해|면[하려]|로으"
KOREAN = rf"(?:^|[^가-힣])(?:{KOREAN_STARTS})"
HINT = rf"(?i:\b(?:{'|'.join(sorted(BACKWARDS))})\b)|{KOREAN}|[ɐǝɟɥɹʇʌʍʎ]"
SEGMENT = re.compile(r'[^\n:"“”`]+')
WORD = re.compile(r"[A-Za-z가-힣']+")
KOREAN_START = re.compile(KOREAN)
UPSIDE_DOWN = re.compile("[ɐǝɟɥɹʇʌʍʎ]")
STOPS = ("?", "!", ".")
FINAL = frozenset("요다까줘라죠해야")


def undo(text: str, read: Read) -> str:
    del read
    return SEGMENT.sub(lambda found: meant(found[0]), text)


def meant(segment: str) -> str:
    if len(UPSIDE_DOWN.findall(segment)) > 1:
        upright = segment.translate(TURNED)[::-1]
        return upright if is_clearer(upright, segment) else segment
    if syllables(segment) * 3 > len(segment):
        return turned_back(segment) if KOREAN_START.search(segment) and turned(segment) else segment
    told = not BACKWARDS.isdisjoint(WORD.findall(segment.lower()))
    return turned_back(segment) if told and is_clearer(segment[::-1], segment) else segment


def turned_back(segment: str) -> str:
    """The whole of it, or each word by itself where the stops and the last word are in their places."""
    return WORD.sub(lambda word: word[0][::-1], segment) if in_order(segment.strip()) else around(segment)


def around(segment: str) -> str:
    """Backwards, with the space before and after it where it was."""
    body = segment.strip()
    return segment.replace(body, body[::-1], 1)


def in_order(segment: str) -> bool:
    if segment.startswith(STOPS) or segment.endswith(STOPS):
        return segment.endswith(STOPS)
    words = WORD.findall(segment)
    return words[-1][0] in FINAL if syllables(segment) else len(words[0]) > 1 and words[0][-1].isupper()
