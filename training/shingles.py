"""Texts that are nearly the same: Jaccard similarity of their character 5-grams, whatever their case, spaces and marks.

The search is exact and needs no index of all grams: two sets whose similarity is over a limit share one of the first
few grams of each, in any order that is the same for both.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

NEAR = 0.7
"""Over this, a text is taken for another wording of the same."""
WIDTH = 5


def plain(text: str) -> str:
    """Letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def shingles(text: str) -> frozenset[str]:
    letters = plain(text)
    return frozenset(letters[i : i + WIDTH] for i in range(max(1, len(letters) - WIDTH + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


class Seen:
    """Texts, searched for one that is near to a new one."""

    def __init__(self, limit: float = NEAR) -> None:
        self.limit = limit
        self.texts: list[frozenset[str]] = []
        self.index: dict[str, list[int]] = {}

    def add(self, text: str) -> None:
        grams = shingles(text)
        for gram in self.prefix(grams):
            self.index.setdefault(gram, []).append(len(self.texts))
        self.texts.append(grams)

    def has_near(self, text: str) -> bool:
        grams = shingles(text)
        found = {i for gram in self.prefix(grams) for i in self.index.get(gram, ())}
        return any(jaccard(grams, self.texts[i]) > self.limit for i in found)

    def prefix(self, grams: frozenset[str]) -> list[str]:
        """Sorted backwards by letters: an order in which the first grams are seldom the same by chance."""
        return sorted(grams, key=lambda gram: gram[::-1])[: len(grams) - int(self.limit * len(grams)) + 1]


class HeldOut:
    """Texts of an evaluation: a row leaks that is near to one, or that holds nearly all of one within it."""

    CONTAINED = 0.9
    LONG = 15
    """Grams of a text that is long enough to be told within another."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = [shingles(text) for text in texts]
        seldom = Counter(gram for grams in self.texts for gram in grams)
        self.index: dict[str, list[int]] = {}
        for i, grams in enumerate(self.texts):
            for gram in sorted(grams, key=lambda g: (seldom[g], g))[: len(grams) - int(NEAR * len(grams)) + 1]:
                self.index.setdefault(gram, []).append(i)

    def leaks(self, text: str) -> bool:
        """A text that holds seven tenths of another's grams has one of any three tenths of them, so of the rarest; one
        that is much longer has to hold nine tenths, so most of those.
        """
        grams = shingles(text)
        hits = Counter(i for gram in grams & self.index.keys() for i in self.index[gram])
        return any(n > self.least(grams, self.texts[i]) and self.told(grams, self.texts[i]) for i, n in hits.items())

    def least(self, grams: frozenset[str], held_out: frozenset[str]) -> float:
        close = len(grams) * NEAR <= len(held_out)
        return 0 if close else (self.CONTAINED - NEAR) * len(held_out) - 1

    def told(self, grams: frozenset[str], held_out: frozenset[str]) -> bool:
        shared = len(grams & held_out)
        within = len(held_out) >= self.LONG and shared >= self.CONTAINED * len(held_out)
        return within or shared > NEAR * (len(grams) + len(held_out) - shared)
