"""Variation selectors: bytes that are written in them after a harmless sign, or noise inside words. After emoji and
ideographs they belong there.
"""

from __future__ import annotations

import re

from gateway.evasion.contents import text_of
from gateway.evasion.technique import Read, Stage

NAME = "variation_selectors"
STAGE: Stage = "signs"
FIRST, MORE = 0xFE00, 0xE0100
SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
HINT = rf"[A-Za-z가-힣][{SELECTORS}]|[{SELECTORS}]{{2}}"
NOISE = re.compile(rf"[{SELECTORS}]{{2,}}|(?<=[A-Za-z가-힣])[{SELECTORS}]")
RUN = re.compile(rf"[{SELECTORS}]{{2,}}")


def undo(text: str, read: Read) -> str:
    """The text without them, then what they say."""
    data = bytes(number(sign) for run in RUN.findall(text) for sign in run)
    hidden = read(text_of(data) or "") if data else None
    seen = NOISE.sub("", text)
    return seen if hidden is None else f"{seen}\n{hidden}"


def number(sign: str) -> int:
    return ord(sign) - FIRST if ord(sign) < MORE else ord(sign) - MORE + 16
