"""An Item as YAML again, always in the same form: what is read of it is the same Item, but for its places.

Collections of scalars stand in one line where they fit, all others in blocks. A text is plain only where nobody, in
any version of YAML, takes it for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gateway.policy.source import Item, Scalar, scalar

WIDEST = 100
LONGEST_KEY = 1000
"""YAML reads a key up to 1024 signs; beyond them it must be marked as one."""
PLAIN = re.compile(r"[^\W\d_][\w./-]*( [\w./-]+)*")
WORDS_1_1 = ("y", "n", "yes", "no", "on", "off")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def printed(item: Item) -> str:
    """The outermost mapping is a block, however short it is."""
    lines = entries(item.value) if isinstance(item.value, dict) and item.value else block(item)
    return "".join(f"{line}\n" for line in lines)


def block(item: Item) -> list[str]:
    """Its lines, as they stand at the left margin."""
    one_line = flow(item)
    if one_line is not None:
        return [one_line]
    if isinstance(item.value, tuple):
        return [line for one in item.value for line in hung("- ", block(one))]
    assert isinstance(item.value, dict)
    return entries(item.value)


def entries(values: Mapping[str, Item]) -> list[str]:
    return [line for key, inner in values.items() for line in entry(text(key), inner)]


def entry(key: str, item: Item) -> Iterable[str]:
    lines = block(item)
    if len(key) > LONGEST_KEY:
        return (f"? {key}", *hung(": ", lines))
    if flow(item) is not None:
        return (f"{key}: {lines[0]}",)
    return (f"{key}:", *(f"  {line}" for line in lines))


def hung(mark: str, lines: Iterable[str]) -> Iterator[str]:
    """Behind a mark, and below it."""
    return ((mark if i == 0 else " " * len(mark)) + line for i, line in enumerate(lines))


def flow(item: Item) -> str | None:
    """A scalar, or a short collection of scalars; None for anything else."""
    if isinstance(item.value, tuple):
        return short("[", [flow_scalar(one) for one in item.value], "]")
    if isinstance(item.value, dict):
        values = ((text(key), flow_scalar(one)) for key, one in item.value.items())
        return short("{", [None if value is None else f"{key}: {value}" for key, value in values], "}")
    return of_scalar(item.value)


def short(start: str, parts: list[str | None], end: str) -> str | None:
    known = [part for part in parts if part is not None]
    line = f"{start}{', '.join(known)}{end}"
    return line if len(known) == len(parts) and (not parts or len(line) <= WIDEST) else None


def flow_scalar(item: Item) -> str | None:
    return None if isinstance(item.value, tuple | dict) else of_scalar(item.value)


def of_scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str) else repr(value)


def text(value: str) -> str:
    if PLAIN.fullmatch(value) and value.lower() not in WORDS_1_1 and is_text(scalar(value)):
        return value
    return f'"{"".join(sign(one) for one in value)}"'


def is_text(value: Scalar) -> bool:
    return isinstance(value, str)


def sign(one: str) -> str:
    if one in ESCAPES:
        return ESCAPES[one]
    if one.isprintable():
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
