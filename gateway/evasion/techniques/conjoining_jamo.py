"""Korean syllables that are written as conjoining letters, one code point for each."""

from __future__ import annotations

import re
from unicodedata import normalize

from gateway.evasion.technique import Read, Stage

NAME = "conjoining_jamo"
STAGE: Stage = "signs"
HINT = r"[\x{1100}-\x{1112}][\x{1161}-\x{1175}]"
LETTERS = re.compile("[가-힣\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]{2,}")


def undo(text: str, read: Read) -> str:
    del read
    return LETTERS.sub(lambda found: normalize("NFC", found[0]), text)
