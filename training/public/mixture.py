"""Records of the sets as rows of ours: without repeats, without what leaks, not more of a set than its share."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.policy.facts import Identify
from training.public.formats import NotTheFile
from training.public.sets import Entry, PublicSet
from training.shingles import HeldOut, plain

Row = dict[str, Any]
LONGEST = 8000


@dataclass(slots=True)
class Mixture:
    """Collects sets one after the other; `dropped` counts why rows were left out."""

    identify: Identify
    whole: bool = False
    rows: dict[str, Row] = field(default_factory=dict)
    """By their plain text."""
    labels: dict[str, str] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, one: PublicSet, records: Iterable[Mapping[str, Any]]) -> int:
        """How many records it had. Raises NotTheFile where they are not what the owner published."""
        count, mine = 0, []
        for count, record in enumerate(records, 1):  # noqa: B007
            entry = entry_of(one, record)
            if entry is None or len(entry.text) > LONGEST:
                self.dropped["not asked for"] += 1
            else:
                mine.append(self.row(one, entry))
        if count < one.rows / 2:
            raise NotTheFile(f"`{one.name}` has {count} records where its owner published {one.rows}")
        for row in self.share(one, mine):
            self.keep(row)
        return count

    def row(self, one: PublicSet, entry: Entry) -> Row:
        told = one.lang or ("de" if self.identify(entry.text) == "de" else "en")
        row = {
            "text": entry.text,
            "label": entry.label,
            "lang": told,
            "source": one.name,
            "category": entry.category,
            "kind": one.kind.format(label=entry.label),
            "license": one.licence,
        }
        return row | {key: value for key, value in (("response", entry.response), ("group", entry.group)) if value}

    def share(self, one: PublicSet, rows: list[Row]) -> list[Row]:
        """The same ones each time."""
        if self.whole or one.most is None or len(rows) <= one.most:
            return rows
        self.dropped["over a set's share"] += len(rows) - one.most
        return sorted(rows, key=lambda row: drawn(row["text"]))[: one.most]

    def keep(self, row: Row) -> None:
        key = plain(row["text"]) or row["text"]
        if key not in self.rows:
            self.rows[key] = row
        elif self.rows[key]["label"] == row["label"]:
            self.dropped["twice"] += 1
        else:
            self.labels[key] = "both"
            self.dropped["with two labels"] += 1

    def without_leaks(self, held_out: HeldOut) -> Iterator[Row]:
        """A row that leaks takes its group with it."""
        leaking = {key for key, row in self.rows.items() if held_out.leaks(row["text"])}
        groups = {self.rows[key].get("group") for key in leaking} - {None}
        for key, row in self.rows.items():
            if key in leaking or row.get("group") in groups:
                self.dropped["leaks"] += 1
            elif key in self.labels:
                self.dropped["with two labels"] += 1
            else:
                yield {name: value for name, value in row.items() if name != "group"}


def entry_of(one: PublicSet, record: Mapping[str, Any]) -> Entry | None:
    try:
        return one.read(record)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        number = record.get("number")
        raise NotTheFile(f"`{one.name}`, record {number}: not as its owner published it ({error!r})") from None


def drawn(text: str) -> bytes:
    return hashlib.sha256(f"mixture:{text}".encode()).digest()


def read_held_out(path: Path | None) -> HeldOut:
    lines = path.read_text().splitlines() if path else []
    return HeldOut(json.loads(line)["text"] for line in lines)
