"""Rows as the sources give them, and the files that `prepare` reads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def row(text: str, **fields: Any) -> Row:
    given = {"label": "safe", "lang": "en", "source": "s", "category": "", "kind": "en_request", "license": "MIT"}
    return {"text": text, **given, **fields}


def zipped(path: Path, rows: Sequence[Row]) -> Path:
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(r) + "\n" for r in rows)
    return path


def plain(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path
