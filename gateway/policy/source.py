"""A policy file as values that know their place. YAML 1.2's core scalars only: `no` is a word and `on` a plain key.

Anchors, aliases, tags, duplicate keys and several documents are errors: a policy must read the same to everybody. One
pass over YAML's events, without recursion: linear in the file's size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from gateway.policy.complaints import place, refuse, unreadable
from gateway.policy.decoding import decoded
from gateway.policy.diagnostics import Findings, Span, quoted

LARGEST = 1024 * 1024
DEEPEST = 40
INTEGER = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SURROGATE = re.compile("[\ud800-\udfff]")
WORDS: Mapping[str, bool | None] = {
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Item:
    """A value, where it stands, and for a mapping where its keys stand."""

    value: Scalar | tuple[Item, ...] | Mapping[str, Item]
    span: Span
    keys: Mapping[str, Span] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return {dict: "a mapping", tuple: "a list", str: "a text", bool: "true or false", type(None): "nothing"}.get(
            type(self.value), "a number"
        )

    def get(self, key: str) -> Item | None:
        return self.value.get(key) if isinstance(self.value, dict) else None

    @property
    def items(self) -> tuple[Item, ...]:
        """A list's items; anything else is a list of one."""
        return self.value if isinstance(self.value, tuple) else (self,)

    def plain(self) -> object:
        """The value without its places: hashable, and the same for the same writing."""
        if isinstance(self.value, tuple):
            return tuple(one.plain() for one in self.value)
        if isinstance(self.value, dict):
            return ("mapping", *((key, one.plain()) for key, one in self.value.items()))
        return (type(self.value).__name__, self.value)


def read(path: str, raw: bytes, findings: Findings) -> Item | None:
    """The file's value, or None with the errors among the findings."""
    text = decoded(path, raw, findings, largest=LARGEST)
    if text is None:
        return None
    builder = Builder(path, findings)
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
            if not builder.feed(event):
                return None
    except yaml.MarkedYAMLError as error:
        refuse(path, error, findings)
        return None
    except yaml.reader.ReaderError as error:
        unreadable(path, text, error, findings)
        return None
    return builder.root or Item({}, Span(path))


@dataclass(slots=True)
class Open:
    """A mapping or a list that is being read; `key` is the mapping's key whose value comes next."""

    span: Span
    mapping: bool
    values: dict[str, Item] = field(default_factory=dict)
    keys: dict[str, Span] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    key: str | None = None
    key_span: Span | None = None

    def closed(self) -> Item:
        return Item(self.values, self.span, self.keys) if self.mapping else Item(tuple(self.items), self.span)


class Builder:
    """YAML's events into Items."""

    def __init__(self, path: str, findings: Findings) -> None:
        self.path, self.findings = path, findings
        self.stack: list[Open] = []
        self.root: Item | None = None
        self.documents = 0

    def feed(self, event: yaml.Event) -> bool:
        """False when the file cannot be read on, with the error among the findings."""
        span = place(self.path, event.start_mark, width(event))
        wrong = self.wrong(event)
        if wrong is not None:
            self.findings.error(wrong[0], span, *wrong[1:])
            return False
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            start = place(self.path, event.start_mark)
            self.stack.append(Open(start, isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.add(self.stack.pop().closed(), None)
        elif isinstance(event, yaml.ScalarEvent):
            self.add(Item(event.value if event.style else scalar(event.value), span), event.value)
        return True

    def wrong(self, event: yaml.Event) -> tuple[str, ...] | None:
        """What a policy may not have: code, message, help."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if event.version or event.tags:
                return "P002", "directives (`%YAML`, `%TAG`) are not read", "leave them out: a policy is YAML 1.2"
        if self.documents > 1:
            return "P001", "a second document", "use one file for each"
        if getattr(event, "anchor", None) is not None:
            return "P002", "anchors and aliases are not read", "write the value out"
        if getattr(event, "tag", None) not in (None, "!"):
            return "P002", "tags are not read", "leave the tag out"
        if len(self.stack) >= DEEPEST and isinstance(event, yaml.CollectionStartEvent):
            return "P001", f"nested more than {DEEPEST} deep"
        if isinstance(event, yaml.ScalarEvent) and SURROGATE.search(event.value):
            return "P001", "half a surrogate pair, which is no character", "write the character itself"
        return None

    def add(self, item: Item, written: str | None) -> None:
        """`written` is a scalar as it stands in the file: as keys, `on`, `12` and `null` are texts."""
        if not self.stack:
            self.root = item
            return
        parent = self.stack[-1]
        if not parent.mapping:
            parent.items.append(item)
        elif parent.key_span is None:
            self.add_key(parent, item.span, written)
        else:
            if parent.key is not None:
                parent.values[parent.key], parent.keys[parent.key] = item, parent.key_span
            parent.key = parent.key_span = None

    def add_key(self, parent: Open, span: Span, key: str | None) -> None:
        """A key that cannot be taken is told, and its value is read and dropped."""
        parent.key_span = span
        if key is None:
            self.findings.error("P007", span, "a key must be a text")
        elif key in parent.keys:
            first = f"the first is on line {parent.keys[key].line}"
            self.findings.error("P003", span, f"the key {quoted(key)} is there twice", first)
        else:
            parent.key = key


def width(event: yaml.Event) -> int:
    start, end = event.start_mark, event.end_mark
    return max(1, end.column - start.column) if start and end and start.line == end.line else 1


def scalar(text: str) -> Scalar:
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) and len(text) < 20:
        return int(text)
    if FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
