"""Base32."""

from __future__ import annotations

import re
from base64 import b32decode
from binascii import Error

from gateway.evasion.contents import text_of
from gateway.evasion.technique import Read, Stage

NAME = "base32"
STAGE: Stage = "codes"
HINT = r"[A-Z2-7]{16}"
CODE = re.compile(r"(?<![A-Za-z0-9+/_-])([A-Z2-7]{16,}+)={0,6}(?![A-Za-z0-9+/_-])")


def undo(text: str, read: Read) -> str:
    return CODE.sub(lambda found: decoded(found[1], read) or found[0], text)


def decoded(code: str, read: Read) -> str | None:
    try:
        inner = text_of(b32decode(code + "=" * (-len(code) % 8)))
    except Error:
        return None
    return read(inner) if inner else None
