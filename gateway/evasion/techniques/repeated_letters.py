"""Letters that are written again and again inside words: booommb. A drawn-out end, as in soooo, is only speech."""

from __future__ import annotations

import re
from itertools import chain, product, zip_longest

from gateway.evasion.english import COMMON, cost, is_word
from gateway.evasion.technique import Read, Stage

NAME = "repeated_letters"
STAGE: Stage = "words"
RUNS = "|".join(f"{letter}{{3}}" for letter in "abcdefghijklmnopqrstuvxyz")
HINT = rf"(?i:(?:{RUNS})[a-z])"
WORD = re.compile(r"(?<![\w/+=.-])[A-Za-z]{4,64}(?![\w/+=-])")
RUN = re.compile(r"([A-Za-z])\1{2,}")
CHOICES = 3
INSIDE = re.compile(r"([A-Za-z])\1{2,}[A-Za-z]")


def undo(text: str, read: Read) -> str:
    """All such words, if there is one that is a word without them."""
    del read
    told = (is_word(short(found[0])) for found in WORD.finditer(text) if INSIDE.search(found[0]))
    return WORD.sub(lambda found: short(found[0]), text) if any(told) else text


def short(word: str) -> str:
    """With each of its first runs as one letter or as two, whichever makes the better word."""
    around, letters = RUN.split(word)[::2], RUN.findall(word)
    choices = product(*((letter, 2 * letter) for letter in letters[:CHOICES]))
    ways = ("".join(chain(*zip_longest(around, (*choice, *letters[CHOICES:]), fillvalue=""))) for choice in choices)
    return min(ways, key=lambda way: (way.lower() not in COMMON, cost(way)))
