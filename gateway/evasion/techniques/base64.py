"""Base64 and base64url, also over several lines, in `data:` addresses, and of compressed text."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error

from gateway.evasion.contents import text_of
from gateway.evasion.technique import Read, Stage

NAME = "base64"
STAGE: Stage = "codes"
SIGN = "[A-Za-z0-9+/_-]"
HINT = rf"{SIGN}{{16}}|{SIGN}{{6}}="
CODE = re.compile(rf"(?:data:[\w/+.;=-]{{0,99}}[;,]base64,)?((?:{SIGN}{{6,}}+(?:\r?\n(?={SIGN}{{4}}))?)++={{0,2}})")
SHORTEST = 16
STANDARD = str.maketrans("-_", "+/", "\r\n")


def undo(text: str, read: Read) -> str:
    return CODE.sub(lambda found: decoded(found[1], read) or found[0], text)


def decoded(code: str, read: Read) -> str | None:
    """What it says. Words and names are in these signs too, but hardly ever give valid text."""
    code = code.translate(STANDARD)
    body = code.rstrip("=")
    if (len(body) < SHORTEST and body == code) or len(body) % 4 == 1 or body.islower():
        return None
    try:
        inner = text_of(b64decode(body + "=" * (-len(body) % 4), validate=True))
    except Error:
        return None
    return read(inner) if inner else None
