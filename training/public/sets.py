"""What a public set is: a place, files, and how a record of theirs is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Label = Literal["harmful", "safe"]
Record = Mapping[str, Any]
Value = str | Callable[[Record], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a record says. Records of one `group` belong together (a translation, variants of one seed): where one of
    them leaks, all do.
    """

    text: str
    label: Label
    category: str = ""
    response: str | None = None
    group: str | None = None


Read = Callable[[Record], Entry | None]
"""None for a record that is left out."""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """`place` is `github:OWNER/NAME@BRANCH` or `huggingface:OWNER/NAME`, whose files are then splits (`train`, or
    `CONFIGURATION/train`). `rows`: what the files held when last read. `lang` None: told from the text. `most`: how
    many the mixture takes.
    """

    name: str
    place: str
    files: tuple[str, ...]
    rows: int
    kind: str
    lang: str | None
    licence: str
    citation: str
    read: Read
    most: int | None = None
    note: str = ""


def column(
    text: str,
    label: Label | Callable[[Record], Label | None],
    category: Value = "",
    *,
    response: str | None = None,
    group: Callable[[Record], str] | None = None,
) -> Read:
    """Reads the text of one column. A label of None leaves a record out."""

    def read(record: Record) -> Entry | None:
        found = label(record) if callable(label) else label
        if found is None or not str(record[text]).strip():
            return None
        named = category(record) if callable(category) else category
        answer = str(record[response]).strip() if response else ""
        return Entry(str(record[text]).strip(), found, named, answer or None, group(record) if group else None)

    return read


def joined(*columns: str) -> Callable[[Record], Record]:
    """A record with the columns that are not empty as its `text`, a line each."""

    def join(record: Record) -> Record:
        return {**record, "text": "\n".join(str(record[name]).strip() for name in columns if record.get(name))}

    return join


def path(record: Record) -> str:
    """The keys under which a JSON file nests a record, `Science/Algebra`."""
    return str(record["path"])


def either(harmful: bool) -> Label:
    return "harmful" if harmful else "safe"
