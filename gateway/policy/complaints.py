"""What YAML's parser complains of, as findings that say what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import yaml

from gateway.policy.decoding import at
from gateway.policy.diagnostics import Findings, Span

TAB_INDENT = re.compile(r" *\t")
HINTS: Mapping[str, str] = {
    "mapping values are not allowed": "quote the text if the `:` belongs to it, or mend the indentation",
    "cannot start any token": "quote the text",
    "expected ',' or ']'": "close the list with `]`",
    "expected ',' or '}'": "close the mapping with `}`",
    "unexpected end of stream": "close the quotes",
    "did not find expected key": "indent the keys of a mapping alike",
    "expected <document start>": "use one file for each document",
    "expected '-' indicator": "indent the items of a list alike",
}
"""What to do about what YAML's parser says."""


class Mark(Protocol):
    """PyYAML has two of them, in Python and in C."""

    line: int
    column: int


def place(path: str, mark: Mark | None, length: int = 1) -> Span:
    return Span(path) if mark is None else Span(path, mark.line + 1, mark.column + 1, length)


def unreadable(path: str, text: str, error: yaml.reader.ReaderError, findings: Findings) -> None:
    """A control character: YAML tells which one it is, and not in which line."""
    span = at(path, text[: text.find(chr(error.character))])
    told = f"a control character, U+{error.character:04X}"
    findings.error("P001", span, told, 'write it as an escape in double quotes, such as `"\\x07"`')


def refuse(path: str, error: yaml.MarkedYAMLError, findings: Findings) -> None:
    lines, problem = findings.lines[path], error.problem or error.context or ""
    span = place(path, error.problem_mark or error.context_mark)
    if span.line > len(lines) and error.context_mark is not None:
        span = place(path, error.context_mark)  # what ends nowhere is shown where it begins
    indent = TAB_INDENT.match(lines[span.line - 1]) if span.line <= len(lines) else None
    if indent is not None:
        where = Span(path, span.line, indent.end())
        findings.error("P001", where, "a tab in the indentation, which YAML does not take", "indent with spaces")
    elif "Unicode character escape" in problem:
        told = "an escape that is no character: half a surrogate pair, or beyond U+10FFFF"
        findings.error("P001", span, told, "write the character itself")
    else:
        hint = next((hint for part, hint in HINTS.items() if part in problem), "")
        findings.error("P001", span, f"not YAML: {problem}", hint)
