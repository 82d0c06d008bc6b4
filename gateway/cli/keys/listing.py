"""`gateway keys list`: which keys there are, and how they stand."""

from __future__ import annotations

from time import time
from typing import Annotated

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.access.caller import clock
from gateway.access.keyset import Key
from gateway.cli.keys.chosen import File, known

COLUMNS = ("id", "tenant", "scopes", "created", "expires", "standing")


def list_keys(
    file: File = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, not a table.")] = False,
) -> None:
    """The keys of the file, by tenant and age. A key itself cannot be shown: only its hash is kept."""
    now = time()
    found = sorted(known(file).keys.values(), key=lambda key: (key.tenant, key.created, key.id))
    if as_json:
        for key in found:
            typer.echo(orjson.dumps(facts(key, now)))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for key in found:
        told = facts(key, now)
        table.add_row(*(Text(told[name] or "never") for name in COLUMNS))
    Console().print(table)


def facts(key: Key, now: float) -> dict[str, str]:
    """What may be shown of a key."""
    return {
        "id": key.id,
        "tenant": key.tenant,
        "scopes": ", ".join(sorted(key.scopes)),
        "created": clock(key.created),
        "expires": clock(key.expires),
        "standing": key.standing(now),
    }
