"""Labels and Korean translations of ours for other people's rows. The rows stay with their owners: each is known by a
digest of its text.

`training/data/labels/NAME.tsv`, a row a line: digest, `safe` or a category of the protocol, and where there is one the
translation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from training.public.sets import Entry, Read, Record, either
from training.shingles import plain

FOLDER = Path(__file__).parents[1] / "data" / "labels"


@dataclass(frozen=True, slots=True)
class Told:
    """`category`: empty for a safe row. `korean`: empty where there is no translation."""

    category: str
    korean: str


def labelled(name: str, text: Callable[[Record], str]) -> Read:
    """Those records whose text has a label of ours."""

    def read(record: Record) -> Entry | None:
        query = text(record)
        told = table(name).get(digest(query))
        return Entry(query, either(bool(told.category)), told.category, group=digest(query)) if told else None

    return read


def translated(name: str, text: Callable[[Record], str]) -> Read:
    """The translations; one leaks where what it was made from does."""

    def read(record: Record) -> Entry | None:
        made_from = digest(text(record))
        told = table(name).get(made_from)
        if told is None or not told.korean:
            return None
        return Entry(told.korean, either(bool(told.category)), told.category, group=made_from)

    return read


@cache
def table(name: str) -> Mapping[str, Told]:
    rows = (line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text().splitlines())
    return {known: Told("" if label == "safe" else label, korean) for known, label, korean in rows}


def digest(text: str) -> str:
    """Of its letters and digits."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:16]


def of_prompt(record: Record) -> str:
    """The group of a record and its translation."""
    return digest(str(record["prompt"]))
