"""Bytes in hexadecimal, together or with spaces, colons, commas or 0x between."""

from __future__ import annotations

import re

from gateway.evasion.contents import text_of
from gateway.evasion.technique import Read, Stage

NAME = "hexadecimal"
STAGE: Stage = "codes"
HINT = r"(?i:(?:(?:0x)?[0-9a-f]{2}[ :,\n-]{0,2}){5})"
CODE = re.compile(r"(?i)(?<![0-9a-z])(?:0x)?[0-9a-f]{2}(?:[ :,\n-]{0,2}(?:0x)?[0-9a-f]{2}){4,}+")
NOISE = re.compile(r"(?i)0x|[ :,\n-]")


def undo(text: str, read: Read) -> str:
    return CODE.sub(lambda found: decoded(found[0], read) or found[0], text)


def decoded(code: str, read: Read) -> str | None:
    inner = text_of(bytes.fromhex(NOISE.sub("", code)))
    return read(inner) if inner else None
