"""Percent-encoding of addresses. Spaces in an address are how one writes them; letters are not."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from gateway.evasion.technique import Read, Stage

NAME = "percent"
STAGE: Stage = "codes"
HINT = r"%[0-9A-Fa-f]{2}|[A-Za-z]\+[A-Za-z]+\+[A-Za-z]+\+[A-Za-z]"
TOKEN = re.compile(r"(?<!\S)[^\s%+]*+[%+]\S*+")
ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
PLUS = re.compile(r"(?<=[A-Za-z가-힣])\+(?=[A-Za-z가-힣])")
LETTER = re.compile(r"(?:%(?:[46][1-9A-Fa-f]|[57][0-9Aa]|[Ee][A-Da-d]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]))")
"""An ASCII letter, or a Korean syllable."""
FEW, MANY = 3, 6
LONGEST_WORD = 16


def undo(text: str, read: Read) -> str:
    return TOKEN.sub(lambda found: decoded(found[0], read) or found[0], text)


def decoded(token: str, read: Read) -> str | None:
    """What it says, if letters are written so, or so many of its gaps that it is a sentence."""
    if LETTER.search(token):
        return read(unquote_plus(token))
    gaps = len(ESCAPE.findall(token)) + len(PLUS.findall(token))
    enough = max(MANY if "://" in token or token.startswith("/") else FEW, len(token) / LONGEST_WORD)
    return read(unquote_plus(token)) if gaps >= enough else None
