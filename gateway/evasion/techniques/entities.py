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


def undo(text: str, read: Read) -> str:
    del read
    return REFERENCES.sub(lambda found: meant(found[0]), text)


def meant(references: str) -> str:
    """What they say if there is a letter among it; themselves if not."""
    said = unescape(references)
    return said if LETTER.search(said) else references
