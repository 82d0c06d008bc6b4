"""How values are compared: texts exactly unless `{glob}`, `{regex}`, `{contains}` or `{words}` says otherwise, numbers
by bounds, names out of a list.

Every pattern is matched in time that is linear in the text: RE2 for expressions, Aho-Corasick for lists of words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.policy.condition import Bound, Entry, Names, Sought
from gateway.policy.diagnostics import Findings, near, quoted
from gateway.policy.patterns import Search, containing, expression, globbed, holding_words, looks_at_end
from gateway.policy.source import Item

BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
WAYS = ("glob", "regex", "contains", "words")
MOST_SOUGHT = 1000
"""More patterns than this are searched for by their own rule alone, not for all rules together."""
REACH = 64
"""How long a text an expression is taken to find."""
YAML_1_1 = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

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
    sought: Sought | None = None
    reach: int = 0
    """The longest part that is looked for; of an expression, a guess."""
    at_end: bool = False
    """Whether an expression looks at where the text ends."""

    @property
    def whole(self) -> bool:
        """Whether the beginning of a text does not tell if it holds for the text."""
        return bool(self.exact) or self.at_end

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
    """Any of the listed texts or patterns; None with every error among the findings. Patterns of one kind are one
    search, however they are listed.
    """
    exact: set[str] = set()
    entries: dict[str, list[Entry]] = {}
    failed = not item.items
    if failed:
        names.findings.error("P007", item.span, "an empty list, which nothing matches", "name a text")
    for one in item.items:
        found = pattern(one, names)
        failed = failed or found is None
        if isinstance(one.value, str):
            exact.add(one.value)
        elif found is not None:
            entries.setdefault(found[0], []).extend(found[1])
    return None if failed else searches(frozenset(exact), entries, names.findings)


def pattern(item: Item, names: Names) -> tuple[str, Collection[Entry]] | None:
    """How it is matched, and with what; None with the error among the findings."""
    findings = names.findings
    if isinstance(item.value, str):
        return "", ()
    if not isinstance(item.value, dict) or len(item.value) != 1:
        ways = ", ".join(f"{{{way}}}" for way in WAYS)
        findings.error("P007", item.span, f"expected a text or one of {ways}, not {item.kind}", "quote it")
        return None
    ((way, inner),) = item.value.items()
    if way not in WAYS:
        findings.error("P004", item.keys[way], f"unknown way to match {quoted(way)}", near(way, WAYS))
        return None
    entries = entries_of(way, inner, names)
    return None if entries is None else (way, entries)


def searches(exact: frozenset[str], entries: Mapping[str, Collection[Entry]], findings: Findings) -> TextTest | None:
    globs = [(globbed(text), at) for text, at in entries.get("glob", ())]
    expressions = [*globs, *entries.get("regex", ())]
    plain = expression(expressions, findings) if expressions else None
    if expressions and plain is None:
        return None
    made = {"contains": containing, "words": holding_words}
    folded = tuple(make(text for text, _ in entries[way]) for way, make in made.items() if way in entries)
    parts = tuple(text.casefold() for way in made for text, _ in entries.get(way, ()))
    sought = Sought(exact, tuple(text for text, _ in expressions), parts)
    few = len(expressions) + len(parts) <= MOST_SOUGHT
    reach = max((REACH if expressions else 0, *map(len, parts)))
    at_end = any(looks_at_end(source) for source, _ in expressions)
    return TextTest(exact, () if plain is None else (plain,), folded, sought if few else None, reach, at_end)


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


def bounds_of(item: Item, name: str, findings: Findings) -> tuple[Bound, ...] | None:
    """Bounds that all hold: `{gte: 0.5, lt: 0.9}`."""
    if not isinstance(item.value, dict) or not item.value:
        findings.error("P011", item.span, f"`{name}` needs bounds, not {item.kind}", f"write `{name}: {{gte: 0.5}}`")
        return None
    bounds: list[Bound] = []
    for how, inner in item.value.items():
        if how not in BOUNDS:
            findings.error("P004", item.keys[how], f"unknown bound {quoted(how)}", near(how, BOUNDS))
        elif isinstance(inner.value, bool) or not isinstance(inner.value, int | float):
            findings.error("P011", inner.span, f"`{name}.{how}` must be a number, not {given(inner)}")
        else:
            bounds.append((how, float(inner.value)))
    return tuple(bounds) if len(bounds) == len(item.value) else None


def within(bounds: Collection[Bound]) -> Callable[[float], bool]:
    tests = [(BOUNDS[how], limit) for how, limit in bounds]
    return lambda number: all(holds(number, limit) for holds, limit in tests)


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
