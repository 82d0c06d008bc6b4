"""Korean syllables that are written as separate letters: ㅍㅗㄱㅌㅏㄴ. Laughter (ㅋㅋㅋ) is none."""

from __future__ import annotations

import re

from gateway.evasion.hangul import composed
from gateway.evasion.korean import is_korean, syllables
from gateway.evasion.technique import Read, Stage

NAME = "jamo"
STAGE: Stage = "words"
HINT = r"[ㄱ-ㅎ] ?[ㅏ-ㅣ]"
SPACED = re.compile(r"(?<![ㄱ-ㅣ])[ㄱ-ㅣ](?: {1,3}[ㄱ-ㅣ](?![ㄱ-ㅣ])){3,}+")
GAP = re.compile(r" +")
WORD = re.compile(r"[가-힣ㄱ-ㅣ]{2,}")
LETTERS = re.compile(r"[ㄱ-ㅣ]")


def undo(text: str, read: Read) -> str:
    del read
    made = WORD.sub(lambda found: whole(found[0]), SPACED.sub(lambda found: closed(found[0]), text))
    return made if is_korean(made) else text


def closed(letters: str) -> str:
    """Without the gaps of one space; wider ones are between words."""
    return GAP.sub(lambda gap: "" if len(gap[0]) == 1 else " ", letters)


def whole(word: str) -> str:
    """The word in syllables, if most of its letters go into some."""
    letters = len(LETTERS.findall(word))
    made = composed(word) if letters > 1 else word
    rest = len(LETTERS.findall(made))
    return made if rest * 3 <= letters and syllables(made) > syllables(word) else word
