"""The owners' files as records: CSV, TSV, JSON, JSON lines, plain lines; bare, gzipped or zipped.

JSON of any nesting: objects as they are, strings as `{"text": ...}`, each with the `path` of keys that led there. Plain
lines are `{"text": line}`. Every record has its number in the file as `number`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

POINTER = b"version https://git-lfs"


class NotTheFile(ValueError):
    """What was downloaded is not in the owner's format."""


def records(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    """Raises NotTheFile."""
    try:
        for number, record in enumerate(opened(data, name), 1):
            yield {"number": number, **record}
    except (ValueError, OSError, csv.Error, zipfile.BadZipFile, AttributeError) as error:
        raise NotTheFile(f"`{name}` cannot be read: {error}") from None


def opened(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    if data.startswith(POINTER):
        raise NotTheFile("it is a Git LFS pointer")
    if name.endswith(".gz"):
        yield from opened(gzip.decompress(data), name.removesuffix(".gz"))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as folder:
            for member in folder.namelist():
                if not member.startswith("__MACOSX") and not member.endswith("/"):
                    yield from opened(folder.read(member), member)
    else:
        yield from parsed(data.decode("utf-8-sig"), name.rsplit(".", 1)[-1])


def parsed(text: str, suffix: str) -> Iterator[dict[str, Any]]:
    if suffix in ("csv", "tsv"):
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter="," if suffix == "csv" else "\t")
    elif suffix == "json" or text.startswith("["):
        yield from walked(json.loads(text))
    elif suffix == "jsonl":
        yield from (json.loads(line) for line in text.split("\n") if line.strip())
    else:
        yield from ({"text": line.rstrip("\r")} for line in text.split("\n") if line.strip())


def walked(value: Any, keys: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Lists hold records; an object that holds a list or an object is a level of keys."""
    if isinstance(value, list):
        for one in value:
            yield {"path": "/".join(keys), **(one if isinstance(one, dict) else {"text": one})}
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from walked(inner, (*keys, key.rstrip(":")))
    else:
        raise NotTheFile(f"a bare value at `{'/'.join(keys)}`")
