"""Bytes in binary digits, eight each."""

from __future__ import annotations

import re

from gateway.evasion.contents import text_of
from gateway.evasion.technique import Read, Stage

NAME = "binary"
STAGE: Stage = "codes"
HINT = r"(?:[01]{8}[ ,\n]{0,2}){3}"
CODE = re.compile(r"(?<![0-9])[01]{8}(?:[ ,\n]{0,2}[01]{8}){2,}+")
DIGITS = re.compile(r"[01]{8}")


def undo(text: str, read: Read) -> str:
    return CODE.sub(lambda found: decoded(found[0], read) or found[0], text)


def decoded(code: str, read: Read) -> str | None:
    inner = text_of(bytes(int(digits, 2) for digits in DIGITS.findall(code)))
    return read(inner) if inner else None
