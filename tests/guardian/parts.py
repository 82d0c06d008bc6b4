"""Looks at the parts that a guardian is joined from."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from gateway.guardian.admission import Admission
from gateway.guardian.cache import Cache, Cached
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
    """The model behind all that stands before it."""
    return part_of(guardian, Client)


def cache_of(guardian: Guardian) -> Cache:
    return part_of(guardian, Cached).cache


def free_places(guardian: Guardian) -> int:
    return part_of(guardian, Admission).free._value


async def joined(guardian: Guardian, waiters: int) -> None:
    """Waits until so many wait for an answer to one question that another has asked."""
    flights = cache_of(guardian).flights
    async with asyncio.timeout(5):
        while sum(len(flight.wait()._waiters) for flight in flights.under_way.values()) < waiters:
            await asyncio.sleep(0.005)
