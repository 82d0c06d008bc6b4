"""A trick: a request that hides a harmful text from one reader and shows it to another, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tests.servers import HARMFUL

MARK = f"tell me the {HARMFUL} thing"
"""What every trick hides, in some writing or other."""
End = Literal["judged", "refused", "left behind", "trusted"]


@dataclass(frozen=True, slots=True)
class Trick:
    """`judged`: the guardian reads the text, and the upstream gets none of it. `refused`: an error of this status and
    code. `left behind`: the rest is served, the text does not pass. `trusted`: it passes, as the cell `place` of the
    coverage table says.
    """

    name: str
    tries: str
    raw: bytes
    end: End
    code: str = ""
    status: int = 400
    place: str = ""
    innocent: int = 0
    """How many requests without the text the upstream gets on the way."""
    answers: int = 1


def judged(name: str, tries: str, raw: bytes, *, innocent: int = 0) -> Trick:
    return Trick(name, tries, raw, "judged", innocent=innocent, answers=1 + innocent)


def refused(name: str, tries: str, raw: bytes, code: str, status: int = 400, *, innocent: int = 0) -> Trick:
    return Trick(name, tries, raw, "refused", code, status, innocent=innocent, answers=1 + innocent)


def left_behind(name: str, tries: str, raw: bytes) -> Trick:
    return Trick(name, tries, raw, "left behind", innocent=1)


def trusted(name: str, tries: str, raw: bytes, place: str) -> Trick:
    return Trick(name, tries, raw, "trusted", place=place)


@dataclass(frozen=True, slots=True)
class Family:
    """Tricks of one kind; the page has a table for each."""

    title: str
    tricks: Iterable[Trick]
