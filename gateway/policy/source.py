"""A policy file as values that know their place. YAML 1.2's core scalars only: `no` is a word and `on` a plain key.

Anchors, aliases, tags, duplicate keys and several documents are errors: a policy must read the same to everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from gateway.policy.diagnostics import Findings, Span

LARGEST = 1024 * 1024
DEEPEST = 40
INTEGER = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
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


def read(path: str, raw: bytes, findings: Findings) -> Item | None:
    """The file's value, or None with the errors among the findings."""
    text = decoded(path, raw, findings)
    if text is None:
        return None
    findings.lines[path] = tuple(text.splitlines())
    try:
        if not is_plain(path, text, findings):
            return None
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        findings.error("P001", place(path, error.problem_mark), f"not YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, ValueError) as error:
        findings.error("P001", Span(path), f"not YAML: {str(error).splitlines()[0]}")
        return None
    return Item({}, Span(path)) if node is None else convert(path, node, findings)


def decoded(path: str, raw: bytes, findings: Findings) -> str | None:
    if len(raw) > LARGEST:
        findings.error("P001", Span(path), f"the file has {len(raw)} bytes: the most is {LARGEST}", "split it")
        return None
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        findings.error("P001", Span(path), "the file begins with a byte-order mark", "save it as UTF-8 without one")
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        findings.error("P001", Span(path, line), "the file is not UTF-8", "save it as UTF-8")
        return None


def is_plain(path: str, text: str, findings: Findings) -> bool:
    """Looks at YAML's events before anything is built: what a policy may not have, and how deep it goes."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        span = place(path, event.start_mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > DEEPEST:
            findings.error("P001", span, f"nested more than {DEEPEST} deep")
            return False
        if documents > 1:
            findings.error("P001", span, "a second document", "use one file for each")
            return False
        if getattr(event, "anchor", None) is not None:
            findings.error("P002", span, "anchors and aliases are not read", "write the value out")
            return False
        if getattr(event, "tag", None) not in (None, "!"):
            findings.error("P002", span, "tags are not read", "leave the tag out")
            return False
    return True


class Mark(Protocol):
    """PyYAML has two of them, in Python and in C."""

    line: int
    column: int


def place(path: str, mark: Mark | None, length: int = 1) -> Span:
    return Span(path) if mark is None else Span(path, mark.line + 1, mark.column + 1, length)


def span_of(path: str, node: yaml.Node) -> Span:
    start, end = node.start_mark, node.end_mark
    return place(path, start, end.column - start.column if start.line == end.line else 1)


def convert(path: str, node: yaml.Node, findings: Findings) -> Item:
    span = span_of(path, node)
    if isinstance(node, yaml.ScalarNode):
        return Item(node.value if node.style else scalar(node.value), span)
    if isinstance(node, yaml.SequenceNode):
        return Item(tuple(convert(path, child, findings) for child in node.value), span)
    values: dict[str, Item] = {}
    keys: dict[str, Span] = {}
    for key, child in node.value:
        where = span_of(path, key)
        if not isinstance(key, yaml.ScalarNode):
            findings.error("P007", where, "a key must be a text")
        elif key.value in values:
            findings.error(
                "P003", where, f"the key `{key.value}` is there twice", f"the first is on line {keys[key.value].line}"
            )
        else:
            values[key.value], keys[key.value] = convert(path, child, findings), where
    return Item(values, span, keys)


def scalar(text: str) -> Scalar:
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) and len(text) < 20:
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text
