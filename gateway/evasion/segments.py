"""The words of a text without spaces: those of the common ones that cost least, and what is left between them."""

from __future__ import annotations

from gateway.evasion.english import COMMON

LONGEST = max(map(len, COMMON))
PRICES = (0.0, 4.0, 4.0, 3.0, 2.0)
"""What a common word costs by its length; longer ones cost as the last."""
LETTER = 1.3
UNKNOWN = 1.7
"""What a word that is not common costs, beside its letters."""
MOST = 4096
Path = tuple[float, int]
"""What the words up to here cost, and where the last of them begins."""


def separated(letters: str) -> str:
    """With spaces between its words; a text that is very long stays as it is."""
    return letters if len(letters) > MOST or not letters.isascii() else " ".join(words(letters))


def words(letters: str) -> list[str]:
    lower, paths = letters.lower(), [(0.0, 0)]
    unknown: list[Path] = [(UNKNOWN, 0)]
    for end in range(1, len(letters) + 1):
        going_on = unknown[-1][0] + LETTER
        best = min(ends(lower, paths, end), default=(float("inf"), 0))
        paths.append(min(best, (going_on, unknown[-1][1])))
        unknown.append(min((going_on, unknown[-1][1]), (paths[end][0] + UNKNOWN, end)))
    return cut(letters, paths)


def ends(lower: str, paths: list[Path], end: int) -> list[Path]:
    """The paths whose last word is a common one that ends here."""
    starts = range(max(0, end - LONGEST), end)
    return [(paths[at][0] + price(end - at), at) for at in starts if lower[at:end] in COMMON]


def price(length: int) -> float:
    return PRICES[min(length, len(PRICES) - 1)]


def cut(letters: str, paths: list[Path]) -> list[str]:
    found, end = [], len(letters)
    while end > 0:
        start = paths[end][1]
        found.append(letters[start:end])
        end = start
    return found[::-1]
