"""Characters as their decimal numbers: bytes or code points, with spaces or commas between."""

from __future__ import annotations

import re

from gateway.evasion.contents import text_of_numbers
from gateway.evasion.technique import Read, Stage

NAME = "character_codes"
STAGE: Stage = "codes"
HINT = r"(?:[0-9]{2,6}[ ,;]{1,2}){4}[0-9]{2}"
CODE = re.compile(r"(?<![\w.])[0-9]{2,6}(?:[ ,;]{1,2}[0-9]{2,6}){4,}+")
NUMBER = re.compile(r"[0-9]+")


def undo(text: str, read: Read) -> str:
    return CODE.sub(lambda found: decoded(found[0], read) or found[0], text)


def decoded(code: str, read: Read) -> str | None:
    inner = text_of_numbers([int(number) for number in NUMBER.findall(code)])
    return read(inner) if inner else None
