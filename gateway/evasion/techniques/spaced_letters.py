"""Letters or syllables with gaps or signs between them: b o m b, b.o.m.b, 폭 탄 제 조, 폭*탄."""

from __future__ import annotations

import re
from collections import Counter

from gateway.evasion.english import is_word, known
from gateway.evasion.korean import is_korean, syllables
from gateway.evasion.segments import separated
from gateway.evasion.technique import Read, Stage

NAME = "spaced_letters"
STAGE: Stage = "words"
ONE = "[0-9A-Za-z가-힣]"
GAP = r"[ \t\n.\-_*·•~^]"
EDGE = "[^0-9A-Za-z가-힣]"
STAR = "[*@$%♡♥★☆※]"
HINT = rf"(?:^|{EDGE})(?:[A-Za-z가-힣]{GAP}{{1,4}}){{3}}[A-Za-z가-힣](?:$|{EDGE})|[가-힣]{STAR}[가-힣]"
SPACED = re.compile(rf"(?<!{ONE}){ONE}(?!{ONE})(?:{GAP}{{1,4}}+{ONE}(?!{ONE})){{3,}}+")
GAPS = re.compile(rf"{GAP}+")
STARRED = re.compile(rf"(?<=[가-힣]){STAR}(?=[가-힣])")
SPACE = re.compile(r"\s")
SURE = 0.4
LONG = 6
"""Fewer syllables in a row may all be words."""


def undo(text: str, read: Read) -> str:
    del read
    return STARRED.sub("", SPACED.sub(lambda found: closed(found[0]), text))


def closed(run: str) -> str:
    """The words of it. A gap that is wider than most is between words; where none is, the words tell themselves."""
    (usual, _), *_ = Counter(GAPS.findall(run)).most_common(1)
    words = GAPS.sub(lambda gap: " " if wider(gap[0], usual) else "", run)
    parts = words.split() if " " in words else separated(words).split()
    return " ".join(parts) if sure(parts, len(words) if usual == " " else LONG) else run


def wider(gap: str, usual: str) -> bool:
    return len(SPACE.findall(gap)) > len(SPACE.findall(usual))


def sure(parts: list[str], length: int) -> bool:
    text = " ".join(parts)
    if syllables(text) * 2 > len(text):
        return length >= LONG and is_korean(text)
    longest = max(parts, key=len)
    return len(longest) > 2 and (known(text) >= SURE or is_word(longest))
