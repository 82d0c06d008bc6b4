"""Searches in time that is linear in the text: RE2 for expressions, Aho-Corasick for lists of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

import re2
from ahocorasick_rs import AhoCorasick

from gateway.policy.condition import Entry
from gateway.policy.diagnostics import Findings, Span

PIECE = 1024
AT_END = re.compile(r"(?<!\\)(?:\\\\)*(?:\$|\\[zB])")
"""What in an expression says something about the end of the text, or about what must not follow."""
LARGEST_AUTOMATON = 64 * 1024 * 1024
UNJOINABLE = r"\Q"
"""Quotes all that comes after it, up to an end that need not be written."""
Search = Callable[[str], bool]
Which = Callable[[str], int]
"""Bits of what may be found in a text; what is not among them is not there."""


def containing(parts: Iterable[str]) -> Search:
    """Any of the parts, in any case: looks at folded texts."""
    folded = sorted({part.casefold() for part in parts})
    if len(folded) == 1:
        (part,) = folded
        return lambda text: part in text
    automaton, longest = AhoCorasick(folded), max(map(len, folded))
    return lambda text: any(automaton.find_matches_as_indexes(piece) for _, piece in pieces(clean(text), longest))


def holding_words(parts: Iterable[str]) -> Search:
    """Any of the parts as whole words, in any case: no letter, digit or `_` right before or after it."""
    folded = sorted({part.casefold() for part in parts})
    automaton, longest = AhoCorasick(folded), max(map(len, folded))

    def search(text: str) -> bool:
        text = clean(text)
        return any(
            not word_sign(text, at + start - 1) and not word_sign(text, at + end)
            for at, piece in pieces(text, longest)
            for _, start, end in automaton.find_matches_as_indexes(piece, overlapping=True)
        )

    return search


def pieces(text: str, longest: int) -> Iterator[tuple[int, str]]:
    """The text bit by bit, each with where it begins, so that a search ends at what it finds and holds few finds at a
    time. They overlap by the longest part, so that none is cut.
    """
    for at in range(0, max(1, len(text)), PIECE):
        yield at, text[at : at + PIECE + longest - 1]


def clean(text: str) -> str:
    """No half surrogates, which a command line can hold and no automaton takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def word_sign(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def globbed(text: str) -> str:
    """A glob as an expression for the whole text: `*` is any text and `?` any sign; all else is itself."""
    return r"(?s)\A" + "".join({"*": ".*", "?": "."}.get(sign, re2.escape(sign)) for sign in text) + r"\z"


def expression(entries: Collection[Entry], findings: Findings) -> Search | None:
    """Any of the expressions, found anywhere in the text; a list of them is one automaton. (RE2's own sets take fewer,
    and one that runs out of memory says that nothing matches.)
    """
    singles = [single(source, span, findings) for source, span in entries]
    searches = [search for search in singles if search is not None]
    if len(searches) < len(singles):
        return None
    if len(searches) == 1 or any(UNJOINABLE in source for source, _ in entries):
        return lambda text: any(search(text) for search in searches)
    (_, first), *_ = entries
    return single(joined([source for source, _ in entries]), first, findings)


def joined(sources: Sequence[str]) -> str:
    return "|".join(f"(?:{source})" for source in sources)


def single(source: str, span: Span, findings: Findings) -> Search | None:
    try:
        return searching(source)
    except re2.error as error:
        findings.error("P012", span, f"bad regular expression: {told(error)}", advice(source))
        return None


def searching(source: str) -> Search:
    """Bytes are searched faster than texts, whose offsets would be counted in signs."""
    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, LARGEST_AUTOMATON
    search = re2.compile(source, options).search
    return lambda text: search(text.encode("utf-8", "replace")) is not None


def looks_at_end(source: str) -> bool:
    """Whether a text may cease to match when more is written behind it. May say so wrongly, of `[$]` for one."""
    return AT_END.search(source) is not None


def literal(text: str) -> str:
    """An expression for just this text."""
    return str(re2.escape(text))


def which_of(bits: Mapping[str, int]) -> Which | None:
    """One search for all of the expressions; only where it finds something it is asked which of them. Those that are
    too many for one automaton may always be found. None where there are none.
    """
    if not bits:
        return None
    everything = reduce(or_, bits.values())
    sources = list(bits)
    if any(UNJOINABLE in source for source in sources):
        return lambda text: everything
    try:
        search, several = searching(joined(sources)), set_of(sources)
    except re2.error:
        return lambda text: everything

    def which(text: str) -> int:
        if not search(text):
            return 0
        found = several.Match(text.encode("utf-8", "replace"))
        return reduce(or_, (bits[sources[one]] for one in found), 0) or everything

    return which


def set_of(sources: Sequence[str]) -> re2.Set:
    options = re2.Options()
    options.log_errors, options.max_mem = False, LARGEST_AUTOMATON
    several = re2.Set.SearchSet(options)
    for source in sources:
        several.Add(source)
    several.Compile()
    return several


def told(error: Exception) -> str:
    (first, *_) = error.args or ("",)
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def advice(source: str) -> str:
    if any(mark in source for mark in ("(?=", "(?!", "(?<=", "(?<!", r"\1", r"\2")):
        return "RE2 has no look-around and no back-references, which is why it never hangs: match in two conditions"
    return "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"
