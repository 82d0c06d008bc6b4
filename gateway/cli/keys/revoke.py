"""`gateway keys revoke`: a key that is good no more."""

from __future__ import annotations

from dataclasses import replace
from time import time

from gateway.access.editing import with_time
from gateway.access.keyset import KeySet
from gateway.access.writing import change
from gateway.cli.keys.chosen import File, Id, added, chosen, one_of
from gateway.policy.source import Item


def revoke(id: Id, file: File = None) -> None:
    """End a key at once: running gateways refuse it as soon as they have read the file again, within a second."""
    path, parse = chosen(file)
    now = float(int(time()))

    def edit(text: str, root: Item, keys: KeySet) -> tuple[str, KeySet]:
        ended = replace(one_of(keys, id), revoked=now)
        return with_time(text, root, id, "revoked", now), added(keys, ended)

    change(path, parse, edit)
    print(f"key {id} is revoked")
