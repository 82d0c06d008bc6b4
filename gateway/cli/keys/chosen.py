"""What the commands of keys have in common: which file, which key of it, how long."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.access.editing import with_key
from gateway.access.file import parse
from gateway.access.keyset import Key, KeySet
from gateway.access.writing import Parse, change, good
from gateway.environment import load_settings
from gateway.errors import ConfigurationError
from gateway.policy.source import Item
from gateway.surfaces.served import served_names

SPAN = re.compile(r"(\d{1,6})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}

File = Annotated[Path | None, typer.Option("--file", help="The file of keys; else `GATEWAY_ACCESS__KEYS`.")]
Id = Annotated[str, typer.Argument(help="The key's id: what stands between the two `_` of the key.")]


def chosen(file: Path | None) -> tuple[Path, Parse]:
    """The file, and how it is read."""
    settings = load_settings()
    path = file or settings.access.keys
    if path is None:
        raise ConfigurationError("no file of keys: name it with `--file`, or set `GATEWAY_ACCESS__KEYS`")
    return path, partial(parse, places=served_names(), tenant_header=settings.tenant_header is not None)


def known(file: Path | None) -> KeySet:
    path, read = chosen(file)
    return good(path, read(str(path), path.read_bytes()))


def one_of(keys: KeySet, id: str) -> Key:
    if id not in keys.keys:
        raise ConfigurationError(f"there is no key `{id}`: `gateway keys list` shows them")
    return keys.keys[id]


def added(keys: KeySet, *more: Key) -> KeySet:
    """The set with these keys, in the place of those of the same id."""
    return replace(keys, keys={**keys.keys, **{key.id: key for key in more}})


def add(file: Path | None, made: Key) -> None:
    path, read = chosen(file)

    def edit(text: str, root: Item, keys: KeySet) -> tuple[str, KeySet]:
        return with_key(text, root, made), added(keys, made)

    change(path, read, edit)


def seconds(text: str) -> float:
    """`90d`, `12h` or `30m`."""
    if (found := SPAN.fullmatch(text)) is None:
        raise ConfigurationError(f"`{text}` is no span of time: write `90d`, `12h` or `30m`")
    return timedelta(**{UNITS[found[2]]: int(found[1])}).total_seconds()


def show_once(secret: str, key: Key) -> None:
    """The key alone on standard output, for a pipe into a secret store."""
    print(f"key {key.id} of tenant {key.tenant}. It is shown this once, only its hash is kept:", file=sys.stderr)
    print(secret)
