"""`gateway keys check`: whose a key is, and whether it is good."""

from __future__ import annotations

import sys
from time import time

import typer

from gateway.cli.keys.chosen import File, known
from gateway.cli.keys.listing import facts


def check(file: File = None) -> None:
    """Read a key from standard input and say what the file knows of it. The exit status is 1 unless it is good."""
    presented, now = sys.stdin.readline().strip().encode(), time()
    key = known(file).find(presented)
    if key is None:
        print("not a key of this file: its id is unknown, or its secret wrong")
        raise typer.Exit(1)
    for name, value in facts(key, now).items():
        print(f"{name}: {value or 'never'}")
    if key.standing(now) != "valid":
        raise typer.Exit(1)
