"""Digits and signs for the letters that they look like: h4ck, p@55w0rd. Names such as mp3, x86 and log4j stay."""

from __future__ import annotations

import re
from itertools import product

from gateway.evasion.english import COMMON, cost, is_word
from gateway.evasion.technique import Read, Stage

NAME = "leet"
STAGE: Stage = "words"
ALIKE = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "6": "g", "@": "a", "$": "s", "€": "e"}
EITHER = {"1": "il", "!": "il", "|": "li"}
SIGNS = "".join((*ALIKE, *EITHER))
HINT = rf"[A-Za-z][{SIGNS}]+[A-Za-z]|[{SIGNS}][A-Za-z]+[{SIGNS}]|[{SIGNS}][A-Za-z]{{2}}|[A-Za-z]{{2}}[@$]"
TOKEN = re.compile(rf"(?<![\w./=&?%#@$-])[A-Za-z{SIGNS}]{{3,24}}(?![\w/=%#@$-])")
INSIDE = re.compile(rf"[A-Za-z][{SIGNS}]+[A-Za-z]")
HEX = re.compile(r"[0-9a-f]{6,}|[0-9A-F]{6,}")
ALONE = re.compile(r"(?<![\w.,:/+*=-] )(?<![\w.,:/+*=-])([41])(?= [a-z])")
SINGLE = {"4": "a", "1": "I"}
HABIT = 3
"""How many such words make single digits words too."""


def undo(text: str, read: Read) -> str:
    del read
    made = TOKEN.sub(lambda found: spelt(found[0]), text)
    words = sum(a != b for a, b in zip(text.split(), made.split(), strict=True))
    return ALONE.sub(lambda found: SINGLE[found[1]], made) if words >= HABIT else made


def spelt(token: str) -> str:
    """The word that is meant; the token itself where there is none."""
    body = token.rstrip("!|")
    if body.isalpha() or HEX.fullmatch(body) or not any(map(str.isalpha, body)):
        return token
    best = min(spellings(body), key=lambda word: (word.lower() not in COMMON, cost(word)))
    sure = best.lower() in COMMON or (INSIDE.search(body) is not None and is_word(best))
    return best + token[len(body) :] if sure else token


def spellings(body: str) -> list[str]:
    """Every way to read it by one choice for each sign that is ambiguous."""
    choices = product(*EITHER.values())
    return [
        "".join({**ALIKE, **dict(zip(EITHER, choice, strict=True))}.get(sign, sign) for sign in body)
        for choice in choices
    ]
