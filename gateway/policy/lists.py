"""List files: words or patterns, one a line, in `*.txt` below the policies' folder. Blank lines and lines that begin
with `#` are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from gateway.policy.condition import Entry
from gateway.policy.decoding import decoded
from gateway.policy.diagnostics import Findings, Span, near, quoted
from gateway.policy.matching import given
from gateway.policy.source import Item

LARGEST = 16 * 1024 * 1024


def entries(item: Item, lists: Mapping[str, bytes], findings: Findings) -> Collection[Entry] | None:
    """The entries of `{file: lists/words.txt}`, or None with the error among the findings."""
    path = item.get("file")
    if path is None or len(item.keys) != 1:
        findings.error(
            "P007", item.span, "expected a text, a list of texts or a file", "write `{file: lists/words.txt}`"
        )
        return None
    if not isinstance(path.value, str) or path.value not in lists:
        hint = near(path.value, lists) if lists else "put it there: `*.txt`, one entry a line"
        findings.error("P018", path.span, f"there is no list file {given(path)} below the policies' folder", hint)
        return None
    text = decoded(path.value, lists[path.value], findings, largest=LARGEST)
    if text is None:
        return None
    lines = text.splitlines()
    found = tuple(
        (entry, Span(path.value, number, 1, len(line)))
        for number, line in enumerate(lines, 1)
        if (entry := line.strip()) and not entry.startswith("#")
    )
    if not found:
        findings.error("P018", path.span, f"the list file {quoted(path.value)} has no entries", "one entry a line")
    return found or None


def named(item: Item) -> Iterator[str]:
    """The list files that a condition speaks of."""
    for one in item.items:
        if isinstance(one.value, dict):
            path = one.get("file")
            if path is not None and isinstance(path.value, str):
                yield path.value
            for inner in one.value.values():
                yield from named(inner)
