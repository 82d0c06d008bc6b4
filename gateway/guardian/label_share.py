"""A score from log-probabilities: what share of the labels' probability is with the unsafe ones, at the token where a
label begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from re import Pattern

from gateway.guardian.family import Token


def unsafe_share(
    tokens: Sequence[Token], *, after: Pattern[str], unsafe: Sequence[str], safe: Sequence[str]
) -> float | None:
    """P(unsafe) at the first token that goes beyond what `after` matches, from the generation's start. None when no
    token does, or when none of its alternatives begins a label.

    A label may come in pieces (`Un`, `safe`), and the token in which it begins may hold more than it: an alternative
    counts for the labels that it begins, or that it begins with.
    """
    before = ""
    for token in tokens:
        if value(before + token.text, after):
            return share([(value(before + text, after), p) for text, p in token.top.items()], unsafe, safe)
        before += token.text
    return None


def value(text: str, after: Pattern[str]) -> str:
    found = after.match(text)
    return text[found.end() :] if found else ""


def share(beginnings: Sequence[tuple[str, float]], unsafe: Sequence[str], safe: Sequence[str]) -> float | None:
    harm, harmless = mass(beginnings, unsafe), mass(beginnings, safe)
    return harm / (harm + harmless) if harm + harmless > 0 else None


def mass(beginnings: Sequence[tuple[str, float]], labels: Sequence[str]) -> float:
    return sum(math.exp(logprob) for text, logprob in beginnings if begins(text, labels))


def begins(text: str, labels: Sequence[str]) -> bool:
    return bool(text) and any(label.startswith(text) or text.startswith(label) for label in labels)
