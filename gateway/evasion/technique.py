"""What a technique of disguise is, and where the techniques are found: one module each in `techniques/`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal, Protocol, cast

import re2

from gateway.evasion import techniques as package

Stage = Literal["signs", "codes", "words"]
"""Signs and codes are told with certainty: a sign that nobody writes there, a code that turns out to be text. Words are
guesses.
"""
Read = Callable[[str], str | None]
"""What a decoded segment says, itself or through further codes; None where it is no text. What it gives is used."""
STAGES: Sequence[Stage] = ("signs", "codes", "words")
"""In the order in which they are undone: no code is read before the signs between its letters are gone."""
AUTOMATON_BYTES = 64 * 1024 * 1024


class Technique(Protocol):
    """A module of `techniques/`. `undo` is pure, takes time linear in the text, and leaves alone what it is not sure
    of; `HINT` is RE2's, and is found in every text that `undo` changes.
    """

    NAME: str
    STAGE: Stage
    HINT: str

    def undo(self, text: str, read: Read) -> str:
        """The text with what was disguised in its place."""


@dataclass(frozen=True, slots=True)
class Techniques:
    """All of them, and what finds their hints: one search for any, which plain text ends with, and a set for which."""

    all: Sequence[Technique]
    any: Any
    which: re2.Set

    def hinted(self, text: str, stages: Sequence[Stage]) -> Iterator[Technique]:
        data = text.encode("utf-8", "replace")
        if self.any.search(data) is None:
            return iter(())
        # A set that runs out of memory says that nothing is found: then everything may be.
        found = set(self.which.Match(data) or range(len(self.all)))
        return (one for number, one in enumerate(self.all) if number in found and one.STAGE in stages)


@cache
def techniques() -> Techniques:
    names = [found.name for found in pkgutil.iter_modules(package.__path__)]
    found = [cast(Technique, import_module(f"{package.__name__}.{name}")) for name in names]
    modules = sorted(found, key=lambda module: STAGES.index(module.STAGE))
    hints = [module.HINT for module in modules]
    return Techniques(modules, re2.compile("|".join(f"(?:{hint})" for hint in hints), options()), set_of(hints))


def set_of(hints: Sequence[str]) -> re2.Set:
    made = re2.Set.SearchSet(options())
    for hint in hints:
        made.Add(hint)
    made.Compile()
    return made


def options() -> re2.Options:
    made = re2.Options()
    made.log_errors, made.never_capture, made.max_mem = False, True, AUTOMATON_BYTES
    return made
