"""Digits and signs for the letters that they look like: h4ck, p@55w0rd. Names such as mp3, x86 and log4j stay."""

from __future__ import annotations

import re
from itertools import chain, product, zip_longest

from gateway.evasion.english import COMMON, UNPRONOUNCEABLE, cost, is_word
from gateway.evasion.technique import Read, Stage

NAME = "leet"
STAGE: Stage = "words"
ALIKE = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "6": "g", "@": "a", "$": "s", "€": "e"}
EITHER = {"1": "il", "!": "il", "|": "li"}
SIGNS = "".join((*ALIKE, *EITHER))
HINT = rf"[A-Za-z][{SIGNS}]+[A-Za-z]|[{SIGNS}][A-Za-z]+[{SIGNS}]|[{SIGNS}][A-Za-z]{{2}}|[A-Za-z]{{2}}[@$]"
BEFORE, AFTER = r"""(?<![^\s"'(-])""", r"""(?=[-"'().,?:;!\s]|$)(?!\.\w)"""
TOKEN = re.compile(rf"{BEFORE}(?=[A-Za-z{SIGNS}]{{3}})[A-Za-z]{{0,24}}+[{SIGNS}][A-Za-z{SIGNS}]{{0,24}}+{AFTER}")
INSIDE = re.compile(rf"[A-Za-z][{SIGNS}]+[A-Za-z]")
AMBIGUOUS_SIGN = re.compile("[1!|]")
NO_WORD = re.compile(r"[0-9a-f]{6,}|[0-9A-F]{6,}|[^A-Za-z]*|[A-Za-z]{2,}@[A-Za-z]{2,}|.*![!A-Z].*")
"""Hexadecimal, digits alone, addresses, the end of a sentence."""
LITTLE = re.compile(rf"{BEFORE}[A-Za-z]{{0,24}}+[{SIGNS}][A-Za-z{SIGNS}]{{0,24}}+{AFTER}")
HABIT = 3
"""How many such words make words of what else could be one, the digits alone among them."""
AMBIGUOUS = 4


def undo(text: str, read: Read) -> str:
    del read
    made = TOKEN.sub(lambda found: spelt(found[0]), text)
    words = sum(a != b for a, b in zip(text.split(), made.split(), strict=True))
    return LITTLE.sub(lambda found: habitual(found[0]), made) if words >= HABIT else made


def spelt(token: str) -> str:
    """The word that is meant; the token itself where there is none."""
    body = token.rstrip("!|")
    if body.isalpha() or NO_WORD.fullmatch(body):
        return token
    best = likeliest(body)
    sure = best.lower() in COMMON or (INSIDE.search(body) is not None and is_word(best))
    return best + token[len(body) :] if sure else token


def habitual(token: str) -> str:
    body = token.rstrip("!|")
    if body.isalpha() or not body:
        return token
    best = likeliest(body)
    sure = best.lower() in COMMON or (not body.isdigit() and is_word(best, UNPRONOUNCEABLE))
    return best + token[len(body) :] if sure else token


def likeliest(body: str) -> str:
    return min(spellings(body), key=lambda word: (word.lower() not in COMMON, cost(word)))


def spellings(body: str) -> list[str]:
    """Every way to read it, by a choice for each of its first ambiguous signs."""
    plain = "".join(ALIKE.get(sign, sign) for sign in body)
    parts = AMBIGUOUS_SIGN.split(plain, AMBIGUOUS)
    signs = AMBIGUOUS_SIGN.findall(plain)[:AMBIGUOUS]
    return [
        "".join(chain(*zip_longest(parts, choice, fillvalue=""))) for choice in product(*(EITHER[s] for s in signs))
    ]
