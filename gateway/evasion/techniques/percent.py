"""Percent-encoding of addresses. Spaces in an address are how one writes them; letters are not."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from gateway.evasion.technique import Read, Stage

NAME = "percent"
STAGE: Stage = "codes"
HINT = r"%[0-9A-Fa-f]{2}"
TOKEN = re.compile(r"\S+")
ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
LETTER = re.compile(r"%(?:[46][1-9A-Fa-f]|[57][0-9Aa]|[EeDd][AaBbCcDd]%[89ABab])")
"""An ASCII letter, or the beginning of a Korean syllable."""
FEW, MANY = 3, 6


def undo(text: str, read: Read) -> str:
    return TOKEN.sub(lambda found: decoded(found[0], read) or found[0], text)


def decoded(token: str, read: Read) -> str | None:
    escapes = token.count("%")
    if escapes < FEW or len(ESCAPE.findall(token)) < FEW:
        return None
    address = "://" in token or token.startswith("/")
    return read(unquote_plus(token)) if LETTER.search(token) or escapes >= (MANY if address else FEW) else None
