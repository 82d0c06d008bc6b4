"""One way to read a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A reading; `techniques` names the disguises that were undone for it, sorted: none for the raw text."""

    text: str
    techniques: tuple[str, ...] = ()
