r"""Letters as escapes of programming languages: \u0062, \x62, \u{62}, U+0062. Those of other signs stay."""

from __future__ import annotations

import re

from gateway.evasion.contents import text_of
from gateway.evasion.plausible import LETTER
from gateway.evasion.technique import Read, Stage

NAME = "escapes"
STAGE: Stage = "codes"
HINT = r"\\u[0-9A-Fa-f{]|\\x[0-9A-Fa-f]|\\U0|\bU\+[0-9A-Fa-f]{4}|%u[0-9A-Fa-f]{4}"
BYTES = r"(?:\\x[0-9A-Fa-f]{2})+"
POINT = (
    r"\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8}|\bU\+[0-9A-Fa-f]{4,6}(?: (?=U\+))?|%u[0-9A-Fa-f]{4}"
)
RUN = re.compile(rf"{BYTES}|(?:{POINT})+")
POINTS = re.compile(r"(?:\\[uU]\{?|U\+|%u)([0-9A-Fa-f]{1,8})")
LAST = 0x10FFFF


def undo(text: str, read: Read) -> str:
    del read
    return RUN.sub(lambda found: meant(found[0]), text)


def meant(run: str) -> str:
    """What a run of escapes says if it has letters; itself if not."""
    said = of_bytes(run) if run.startswith("\\x") else of_points(run)
    return said if said and LETTER.search(said) else run


def of_bytes(run: str) -> str | None:
    return text_of(bytes.fromhex(run.replace("\\x", "")))


def of_points(run: str) -> str | None:
    points = [int(digits, 16) for digits in POINTS.findall(run)]
    if max(points) > LAST:
        return None
    return "".join(map(chr, points)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
