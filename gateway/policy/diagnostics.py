"""What is wrong with a policy file, where, and what to do: collected, never raised, so that every error of every file
is told at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


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

    def __str__(self) -> str:
        return "\n".join(render(d, self.lines.get(d.span.path, ())) for d in self.found)


class Findings:
    """Collects diagnostics while files are read and compiled."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.lines: dict[str, tuple[str, ...]] = {}

    def error(self, code: str, span: Span, message: str, help: str = "") -> None:
        self.found.append(Diagnostic(code, "error", message, span, help))

    def warning(self, code: str, span: Span, message: str, help: str = "") -> None:
        self.found.append(Diagnostic(code, "warning", message, span, help))

    @property
    def failed(self) -> bool:
        return any(d.severity == "error" for d in self.found)

    def diagnostics(self) -> Diagnostics:
        ordered = sorted(self.found, key=lambda d: (d.span.path, d.span.line, d.span.column, d.code))
        return Diagnostics(tuple(ordered), dict(self.lines))


def render(d: Diagnostic, lines: tuple[str, ...]) -> str:
    """The finding as a compiler prints it: place, message, line, caret, help."""
    told = [f"{d.span.path}:{d.span.line}:{d.span.column}: {d.severity}[{d.code}]: {d.message}"]
    number = str(d.span.line)
    if 0 < d.span.line <= len(lines):
        line = lines[d.span.line - 1]
        told.append(f"{number} | {line}")
        caret = " " * (d.span.column - 1) + "^" * max(1, min(d.span.length, len(line) - d.span.column + 1))
        told.append(f"{' ' * len(number)} | {caret}")
    if d.help:
        told.append(f"{' ' * len(number)} = help: {d.help}")
    return "\n".join(told)


def near(name: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or what there is to choose from."""
    names = sorted(known)
    found = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else f"known are {', '.join(f'`{n}`' for n in names)}"
