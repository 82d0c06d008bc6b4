"""Letters as numeric character references of HTML. Those of signs (`&#39;`) are how one writes them."""

from __future__ import annotations

import re
from html import unescape

from gateway.evasion.plausible import LETTER
from gateway.evasion.technique import Read, Stage

NAME = "entities"
STAGE: Stage = "codes"
HINT = r"&#[xX]?[0-9A-Fa-f]{2,6}"
REFERENCES = re.compile(r"(?:&#(?:[0-9]{2,7}|[xX][0-9A-Fa-f]{2,6});?)+")
FEW = 3


def undo(text: str, read: Read) -> str:
    del read
    letters = sum(len(LETTER.findall(unescape(found[0]))) for found in REFERENCES.finditer(text))
    return REFERENCES.sub(lambda found: unescape(found[0]), text) if letters >= FEW else text
