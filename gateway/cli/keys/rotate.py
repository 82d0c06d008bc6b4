"""`gateway keys rotate`: a new key beside the old one, which ends a while later."""

from __future__ import annotations

from time import time
from typing import Annotated

import typer

from gateway.access.editing import with_key, with_time
from gateway.access.keyset import Key, KeySet
from gateway.access.writing import change
from gateway.cli.keys.chosen import File, Id, added, chosen, one_of, seconds, show_once
from gateway.cli.keys.create import drawn
from gateway.errors import ConfigurationError
from gateway.policy.diagnostics import Findings
from gateway.policy.source import Item, read


def rotate(
    id: Id,
    overlap: Annotated[str, typer.Option("--overlap", help="How long the old key is good beside the new one.")] = "7d",
    file: File = None,
) -> None:
    """Make a key of the same tenant, scopes and lifetime, and let the old one expire after a while."""
    path, parse = chosen(file)
    now, made = float(int(time())), list[tuple[str, Key]]()

    def edit(text: str, root: Item, keys: KeySet) -> tuple[str, KeySet]:
        old = one_of(keys, id)
        if old.standing(now) != "valid":
            raise ConfigurationError(
                f"the key `{id}` is {old.standing(now)}: make a new one with `gateway keys create`"
            )
        ends = min(now + seconds(overlap), old.expires or float("inf"))
        made.append(drawn(old.tenant, old.scopes, now, old.expires and now + (old.expires - old.created)))
        ended = Key(old.id, old.hash, old.tenant, old.scopes, old.created, ends, old.revoked)
        shortened = with_time(text, root, id, "expires", ends)
        again = read(str(path), shortened.encode(), Findings())
        assert again is not None
        return with_key(shortened, again, made[0][1]), added(keys, ended, made[0][1])

    change(path, parse, edit)
    show_once(*made[0])
