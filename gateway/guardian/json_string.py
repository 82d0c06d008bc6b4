"""The inside of a JSON string that comes in pieces, cut anywhere: what a guardian writes when its safe response is a
field of a JSON object.
"""

from __future__ import annotations

import json
import re

PIECE = re.compile(
    r'[^"\\]+'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}"
    r'|\\["\\/bfnrt]'
)
"""Plain text, or one escape: a pair of surrogates is one."""
CUT = re.compile(r"\\(u([0-9a-fA-F]{0,3}|[dD][89abAB][0-9a-fA-F]{2}(\\(u([dD]([c-fC-F][0-9a-fA-F]?)?)?)?)?))?\Z")
"""The beginning of an escape, with which a piece may end: what it says depends on what comes."""
SURROGATE = re.compile("[\ud800-\udfff]")


class JsonString:
    """Decodes up to the closing quote, after which `closed` holds. Half a surrogate pair becomes U+FFFD, as no encoding
    of a response can bear it; a backslash that begins no escape is dropped.
    """

    def __init__(self) -> None:
        self.held = ""
        self.closed = False

    def feed(self, text: str) -> str:
        """What this piece adds to the string."""
        text, position, decoded = self.held + text, 0, []
        while position < len(text) and not self.closed and not CUT.match(text, position):
            piece = PIECE.match(text, position)
            self.closed = text[position] == '"'
            decoded.append(unescaped(piece[0]) if piece else "")
            position = piece.end() if piece else position + 1
        self.held = text[position:]
        return "".join(decoded)


def unescaped(piece: str) -> str:
    if not piece.startswith("\\"):
        return piece
    return SURROGATE.sub("\ufffd", json.loads(f'"{piece}"'))
