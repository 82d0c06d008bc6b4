"""Labelled queries from JSON lines.

`text` and `label` (harmful or safe) are needed; `id`, `lang`, `source`, `slice`, `category` where known.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, Literal, cast

import orjson

from gateway.errors import ConfigurationError

Truth = Literal["harmful", "safe"]
OPTIONAL = ("lang", "source", "slice", "category")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """A query and its label. `key` names the text under its id, so that a stored outcome never fits another text."""

    id: str
    text: str
    label: Truth
    lang: str = UNKNOWN
    source: str = UNKNOWN
    slice: str = UNKNOWN
    category: str = UNKNOWN

    @property
    def key(self) -> str:
        return digest(f"{self.id}\n{self.text}")


def load(path: Path, *, limit: int | None = None) -> list[Row]:
    """The first `limit` rows. Raises ConfigurationError with the line of the first bad one."""
    rows: list[Row] = []
    lines: dict[str, int] = {}
    for number, line in read_lines(path):
        if limit is not None and len(rows) == limit:
            break
        row = parse(line, f"{path}:{number}", lines)
        if row.id in lines:
            raise ConfigurationError(f"{path}:{number}: the id `{row.id}` is on line {lines[row.id]} already")
        lines[row.id] = number
        rows.append(row)
    if not rows:
        raise ConfigurationError(f"`{path}` has no rows: it needs one JSON object a line")
    return rows


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, numbered from 1."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error.strerror}") from None


def parse(line: bytes, place: str, taken: Container[str] = ()) -> Row:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"{place}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ConfigurationError(f'{place}: a row is a JSON object, as `{{"text": ..., "label": "safe"}}`')
    text, label = value.get("text"), value.get("label")
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"{place}: `text` must be a string that is not empty")
    if label not in ("harmful", "safe"):
        raise ConfigurationError(f"{place}: `label` must be `harmful` or `safe`, not {orjson.dumps(label).decode()}")
    known = {name: named(value[name], name, place) for name in OPTIONAL if value.get(name) is not None}
    given = value.get("id")
    name = anonymous(text, taken) if given is None else named(given, "id", place)
    return Row(name, text, cast(Truth, label), **known)


def named(value: Any, name: str, place: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ConfigurationError(f"{place}: `{name}` must be a string, not {orjson.dumps(value).decode()}")
    return str(value)


def anonymous(text: str, taken: Container[str]) -> str:
    """An id for a row without one: of its text, numbered where a text comes again."""
    name = digest(text)
    return name if name not in taken else next(again for n in count(2) if (again := f"{name}-{n}") not in taken)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
