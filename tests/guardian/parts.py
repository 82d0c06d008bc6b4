"""Looks at the parts that a guardian is joined from."""

from __future__ import annotations

from typing import TypeVar

from gateway.guardian.admission import Admission
from gateway.guardian.client import Client
from gateway.guardian.judge import Guardian
from gateway.guardian.source import Source

P = TypeVar("P")


def part_of(guardian: Guardian, kind: type[P]) -> P:
    """The outermost part of this kind."""
    source: Source | None = guardian.source
    while not isinstance(source, kind):
        source = getattr(source, "source", None) or getattr(source, "first", None)
        assert source is not None, f"`{guardian.name}` has no {kind.__name__}"
    return source


def client_of(guardian: Guardian) -> Client:
    return part_of(guardian, Client)


def free_places(guardian: Guardian) -> int:
    return part_of(guardian, Admission).free._value
