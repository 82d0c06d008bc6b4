"""What is wrong with a policy file, where, and what to do: collected, never raised, so that every error of every file
is told at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Literal
from unicodedata import combining, east_asian_width

Severity = Literal["error", "warning"]
WIDEST_LINE = 160
LONGEST_NAME = 60
MOST_COMPARED = 100
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file; lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1
    length: int = 1


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. Codes below P100 are errors of a file, from P101 on lints (docs/reference/lint)."""

    code: str
    severity: Severity
    message: str
    span: Span
    help: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Findings in the order of their places, with the files' lines to show them in."""

    found: tuple[Diagnostic, ...]
    lines: Mapping[str, tuple[str, ...]]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.found if d.severity == "error")

    @property
    def first(self) -> str:
        """Code and place of the first error. Messages may quote the file, so they stay out of what is served and
        logged.
        """
        error = self.errors[0]
        return f"{error.code} {Path(error.span.path).name}:{error.span.line}:{error.span.column}"

    def joined(self, other: Diagnostics) -> Diagnostics:
        return Diagnostics(in_order((*self.found, *other.found)), {**self.lines, **other.lines})

    def raised(self, codes: Collection[str]) -> Diagnostics:
        """With the warnings of these codes as errors."""
        found = (replace(d, severity="error") if d.code in codes else d for d in self.found)
        return Diagnostics(tuple(found), self.lines)

    def __str__(self) -> str:
        return "\n".join(render(d, self.lines.get(d.span.path, ())) for d in self.found)


class Findings:
    """Collects diagnostics while files are read and compiled."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.lines: dict[str, tuple[str, ...]] = {}

    def error(self, code: str, span: Span, message: str, help: str = "") -> None:
        self.found.append(Diagnostic(code, "error", escaped(message), span, escaped(help)))

    def warning(self, code: str, span: Span, message: str, help: str = "") -> None:
        self.found.append(Diagnostic(code, "warning", escaped(message), span, escaped(help)))

    @property
    def failed(self) -> bool:
        return any(d.severity == "error" for d in self.found)

    def diagnostics(self) -> Diagnostics:
        return Diagnostics(in_order(self.found), dict(self.lines))

    def moved(self, paths: Mapping[str, str]) -> None:
        """Files that were read by a short name get their path."""
        self.found = [replace(d, span=replace(d.span, path=paths.get(d.span.path, d.span.path))) for d in self.found]
        self.lines = {paths.get(path, path): lines for path, lines in self.lines.items()}


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda d: (d.span.path, d.span.line, d.span.column, d.code)))


def render(d: Diagnostic, lines: tuple[str, ...]) -> str:
    """The finding as a compiler prints it: place, message, line, caret, help."""
    told = [f"{escaped(d.span.path)}:{d.span.line}:{d.span.column}: {d.severity}[{d.code}]: {d.message}"]
    number = str(d.span.line)
    margin = " " * len(number)
    if 0 < d.span.line <= len(lines):
        line, column = window(lines[d.span.line - 1], d.span.column)
        under = line[column - 1 : column - 1 + d.span.length] or " "
        told += [f"{number} | {shown(line)}", f"{margin} | {blank(line[: column - 1])}{'^' * max(1, columns(under))}"]
    if d.help:
        told.append(f"{margin} = help: {d.help}")
    return "\n".join(told)


def window(line: str, column: int) -> tuple[str, int]:
    """The part of a very long line around the column, and the column in it."""
    start = max(0, column - WIDEST_LINE // 2) if len(line) > WIDEST_LINE else 0
    return line[start : start + WIDEST_LINE], column - start


def shown(line: str) -> str:
    """A line without what a terminal would act on; each sign stays one sign."""
    return "".join(sign if sign.isprintable() or sign == "\t" else "\ufffd" for sign in line)


def blank(text: str) -> str:
    """Blanks as wide as the text is in a terminal."""
    return "".join("\t" if sign == "\t" else " " * columns(sign) for sign in text)


def columns(text: str) -> int:
    """Korean and Chinese signs take two columns each, a combining mark none."""
    return sum(0 if combining(sign) else 1 + (east_asian_width(sign) in "WF") for sign in text)


def quoted(value: object) -> str:
    """A value of the file in a message: in backticks, and cut where it is very long."""
    text = str(value)
    return f"`{text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + '…'}`"


def escaped(text: str) -> str:
    """Without line breaks, control characters and bytes that are no text."""
    return "".join(s if s.isprintable() else s.encode("unicode_escape").decode() for s in text)


def near(name: object, known: Iterable[str]) -> str:
    """`did you mean ...?`, or what there is to choose from. Of very many names only the first are looked at: a file
    with as many mistakes is still told in time that is linear in its size.
    """
    names = sorted(islice(known, MOST_COMPARED))
    found = get_close_matches(str(name)[:LONGEST_NAME], names, n=1, cutoff=0.6)
    if found:
        return f"did you mean {quoted(found[0])}?"
    if not names:
        return "there is none yet"
    return f"known are {', '.join(map(quoted, names[:MOST_LISTED]))}{', …' if len(names) > MOST_LISTED else ''}"
