"""Whether a response comes to its end, or stops in the middle of a sentence."""

from __future__ import annotations

import re

from gateway.evaluation.responses.said import Said

END = re.compile(r"[.!?…。！？~♥❤]$|[요다죠까오]$|```$")
"""A mark, or the syllable that a Korean sentence closes with where its mark is left out."""
OPEN = ",;:-–—(/"
AFTER_THE_END = " \n\t\"'”’»)]}*_️"


def ends(said: Said) -> bool:
    """It did not break off, and its last sentence is closed; a symbol such as an emoji closes one too."""
    text = said.text.rstrip(AFTER_THE_END)
    if said.cut or not text:
        return False
    return END.search(text) is not None or not (text[-1].isalnum() or text[-1] in OPEN)
