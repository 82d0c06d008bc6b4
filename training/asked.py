"""What was asked already: a file of JSON lines that grows by whole lines and survives being cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

Row = dict[str, Any]


class Asked:
    """Rows of the file and what is added to it."""

    def __init__(self, file: TextIO, rows: list[Row]) -> None:
        self.file, self.rows = file, rows
        self.keys = {key(row) for row in rows}

    def has(self, row: Mapping[str, Any]) -> bool:
        return key(row) in self.keys

    def add(self, row: Row) -> None:
        self.file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.file.flush()
        self.rows.append(row)
        self.keys.add(key(row))


def key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["text"], row["label"]


@contextmanager
def opened(path: Path) -> Iterator[Asked]:
    """A last line without its end is cut off: its row is asked about again."""
    data = path.read_bytes() if path.exists() else b""
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        path.write_bytes(whole)
    rows = [json.loads(line) for line in whole.decode().split("\n") if line]
    with path.open("a", encoding="utf-8") as file:
        yield Asked(file, rows)
