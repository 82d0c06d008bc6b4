"""Korean whose plain consonants are tensed (폭딴 만뜨는 뻡): it sounds alike, and its syllables are rare ones."""

from __future__ import annotations

import re

from gateway.evasion.hangul import FINALS, VOWELS
from gateway.evasion.korean import COMMON, syllables
from gateway.evasion.technique import Read, Stage

NAME = "tensed"
STAGE: Stage = "words"
TENSE = "[까-낗따-띻빠-삫싸-앃짜-찧]"
HINT = rf"(?s:{TENSE}.*{TENSE})"
SYLLABLE = re.compile(TENSE)
SHARE, RARE = 0.15, 2
"""How many of all syllables are tensed, and how many of those are rare. Of common Korean every twentieth is tense."""
BEFORE = len(VOWELS) * len(FINALS)
"""How far before a tense consonant its plain one is."""


def undo(text: str, read: Read) -> str:
    del read
    tense = SYLLABLE.findall(text)
    rare = [one for one in tense if one not in COMMON and plain(one) in COMMON]
    told = len(rare) >= RARE and len(tense) >= SHARE * syllables(text)
    return SYLLABLE.sub(lambda found: plain(found[0]), text) if told else text


def plain(syllable: str) -> str:
    return chr(ord(syllable) - BEFORE)
