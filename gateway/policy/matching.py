"""How values are compared: texts exactly unless `{glob}`, `{regex}`, `{contains}` or `{words}` says otherwise, numbers
by bounds, names out of a list.

Every pattern is matched in time that is linear in the text: RE2 for expressions, Aho-Corasick for lists of words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import re2
from ahocorasick_rs import AhoCorasick

from gateway.policy.diagnostics import Findings, Span, near, quoted
from gateway.policy.rules import Entry, Names
from gateway.policy.source import Item

BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
WAYS = ("glob", "regex", "contains", "words")
LARGEST_AUTOMATON = 64 * 1024 * 1024
UNJOINABLE = r"\Q"
"""Quotes all that comes after it, up to an end that need not be written."""
YAML_1_1 = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
Search = Callable[[str], bool]

ENTRY = {"type": "string", "minLength": 1}
ENTRIES = {"anyOf": [ENTRY, {"type": "array", "items": ENTRY, "minItems": 1}, {"$ref": "#/$defs/file"}]}
TEXT_SCHEMA: Mapping[str, Any] = {"$ref": "#/$defs/texts"}
NUMBER_SCHEMA: Mapping[str, Any] = {"$ref": "#/$defs/bounds"}
TRUTH_SCHEMA: Mapping[str, Any] = {"type": "boolean"}
DEFINITIONS: Mapping[str, Any] = {
    "file": {
        "type": "object",
        "properties": {"file": {"type": "string", "description": "A list file below the policies' folder."}},
        "required": ["file"],
        "additionalProperties": False,
    },
    "text": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": dict.fromkeys(WAYS, ENTRIES),
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        ]
    },
    "texts": {"anyOf": [{"$ref": "#/$defs/text"}, {"type": "array", "items": {"$ref": "#/$defs/text"}, "minItems": 1}]},
    "bounds": {
        "type": "object",
        "properties": {key: {"type": "number"} for key in BOUNDS},
        "minProperties": 1,
        "additionalProperties": False,
    },
}
"""What the conditions' schemas refer to."""


@dataclass(frozen=True, slots=True)
class TextTest:
    """Any of some texts and patterns. `folded` ones look at the text without regard to case."""

    exact: frozenset[str]
    plain: tuple[Search, ...] = ()
    folded: tuple[Search, ...] = ()

    @property
    def only_exact(self) -> frozenset[str] | None:
        return None if self.plain or self.folded else self.exact

    def holds(self, text: str) -> bool:
        return self.any_of((text,), lambda: (text.casefold(),))

    def any_of(self, texts: Collection[str], folded: Callable[[], Collection[str]]) -> bool:
        """Whether it holds for one of the texts; `folded` gives the same ones folded, when that is needed."""
        if any(text in self.exact for text in texts):
            return True
        if any(search(text) for search in self.plain for text in texts):
            return True
        return bool(self.folded) and any(search(text) for text in folded() for search in self.folded)


def text_test(item: Item, names: Names) -> TextTest | None:
    """Any of the listed texts or patterns; None with every error among the findings."""
    exact: set[str] = set()
    plain: list[Search] = []
    folded: list[Search] = []
    failed = not item.items
    if failed:
        names.findings.error("P007", item.span, "an empty list, which nothing matches", "name a text")
    for one in item.items:
        if isinstance(one.value, str):
            exact.add(one.value)
            continue
        way, search = pattern(one, names)
        failed = failed or search is None
        if search is not None:
            (folded if way in ("contains", "words") else plain).append(search)
    return None if failed else TextTest(frozenset(exact), tuple(plain), tuple(folded))


def pattern(item: Item, names: Names) -> tuple[str, Search | None]:
    findings = names.findings
    if not isinstance(item.value, dict) or len(item.value) != 1:
        ways = ", ".join(f"{{{way}}}" for way in WAYS)
        findings.error("P007", item.span, f"expected a text or one of {ways}, not {item.kind}", "quote it")
        return "", None
    ((way, inner),) = item.value.items()
    if way not in WAYS:
        findings.error("P004", item.keys[way], f"unknown way to match {quoted(way)}", near(way, WAYS))
        return way, None
    entries = entries_of(way, inner, names)
    if entries is None:
        return way, None
    if way == "contains":
        return way, containing(text for text, _ in entries)
    if way == "words":
        return way, holding_words(text for text, _ in entries)
    return way, expression([(globbed(text), at) for text, at in entries] if way == "glob" else entries, findings)


def entries_of(way: str, item: Item, names: Names) -> Collection[Entry] | None:
    """A text, a list of them, or `{file: ...}`."""
    if isinstance(item.value, dict):
        return names.entries(item)
    wrong = [one for one in item.items if not isinstance(one.value, str) or not one.value]
    for one in wrong:
        told = "an empty text" if one.value == "" else one.kind
        names.findings.error("P007", one.span, f"`{way}` needs a text, not {told}", "quote it")
    if not item.items:
        names.findings.error("P007", item.span, f"`{way}` has an empty list", "name a text, or leave it out")
    return None if wrong or not item.items else tuple((str(one.value), one.span) for one in item.items)


def containing(parts: Iterable[str]) -> Search:
    """Any of the parts, in any case: looks at folded texts."""
    folded = sorted({part.casefold() for part in parts})
    if len(folded) == 1:
        (part,) = folded
        return lambda text: part in text
    found = AhoCorasick(folded).find_matches_as_indexes
    return lambda text: bool(found(text))


def holding_words(parts: Iterable[str]) -> Search:
    """Any of the parts as whole words, in any case: no letter, digit or `_` right before or after it."""
    automaton = AhoCorasick(sorted({part.casefold() for part in parts}))

    def search(text: str) -> bool:
        return any(
            not word_sign(text, start - 1) and not word_sign(text, end)
            for _, start, end in automaton.find_matches_as_indexes(text, overlapping=True)
        )

    return search


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
    return single("|".join(f"(?:{source})" for source, _ in entries), first, findings)


def single(source: str, span: Span, findings: Findings) -> Search | None:
    options = re2.Options()
    options.log_errors, options.never_capture, options.max_mem = False, True, LARGEST_AUTOMATON
    try:
        search = re2.compile(source, options).search
    except re2.error as error:
        findings.error("P012", span, f"bad regular expression: {told(error)}", advice(source))
        return None
    return lambda text: search(text) is not None


def told(error: Exception) -> str:
    (first, *_) = error.args or ("",)
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def advice(source: str) -> str:
    if any(mark in source for mark in ("(?=", "(?!", "(?<=", "(?<!", r"\1", r"\2")):
        return "RE2 has no look-around and no back-references, which is why it never hangs: match in two conditions"
    return "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"


def number_test(item: Item, name: str, findings: Findings) -> Callable[[float], bool] | None:
    """Bounds that all hold: `{gte: 0.5, lt: 0.9}`."""
    if not isinstance(item.value, dict) or not item.value:
        findings.error("P011", item.span, f"`{name}` needs bounds, not {item.kind}", f"write `{name}: {{gte: 0.5}}`")
        return None
    bounds: list[tuple[Callable[[float, float], bool], float]] = []
    for how, inner in item.value.items():
        if how not in BOUNDS:
            findings.error("P004", item.keys[how], f"unknown bound {quoted(how)}", near(how, BOUNDS))
        elif isinstance(inner.value, bool) or not isinstance(inner.value, int | float):
            findings.error("P011", inner.span, f"`{name}.{how}` must be a number, not {given(inner)}")
        else:
            bounds.append((BOUNDS[how], float(inner.value)))
    return (lambda x: all(holds(x, bound) for holds, bound in bounds)) if len(bounds) == len(item.value) else None


def given(item: Item) -> str:
    """A value in a message: a scalar as it is written, of anything else what it is."""
    if isinstance(item.value, bool):
        return "`true`" if item.value else "`false`"
    return quoted(item.value) if isinstance(item.value, str | int | float) else item.kind


def names(item: Item, what: str, known: Collection[str], findings: Findings) -> frozenset[str] | None:
    """One name or a list of names, each of them known."""
    found, failed = set(), not item.items
    if failed:
        findings.error("P007", item.span, f"`{what}` has an empty list, which nothing matches", "name one")
    for one in item.items:
        if isinstance(one.value, str) and one.value in known:
            found.add(one.value)
        else:
            failed = True
            findings.error("P010", one.span, f"unknown {what} {given(one)}", near(one.value, known))
    return None if failed else frozenset(found)


def names_schema(known: Collection[str]) -> Mapping[str, Any]:
    one = {"enum": sorted(known)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def truth(item: Item, name: str, findings: Findings) -> bool | None:
    if isinstance(item.value, bool):
        return item.value
    meant = YAML_1_1.get(item.value.lower()) if isinstance(item.value, str) else None
    if meant is None:
        findings.error("P007", item.span, f"`{name}` must be true or false, not {item.kind}")
    else:
        findings.error("P007", item.span, f"`{name}`: {quoted(item.value)} is a text in YAML 1.2", f"write `{meant}`")
    return None
