"""Looks at the parts that a guardian is joined from."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.guardian.cache import Cache, Cached
from gateway.guardian.client import Client
from gateway.guardian.judge import Guardian


def client_of(guardian: Guardian) -> Client:
    """The model behind all that stands before it."""
    part: Any = guardian.source
    while not isinstance(part, Client):
        part = part.source
    return part


def cache_of(guardian: Guardian) -> Cache:
    part: Any = guardian.source
    while not isinstance(part, Cached):
        part = part.source
    return part.cache


async def joined(guardian: Guardian, waiters: int) -> None:
    """Waits until so many wait for an answer to one question that another has asked."""
    flights = cache_of(guardian).flights
    async with asyncio.timeout(5):
        while sum(len(flight.wait()._waiters) for flight in flights.under_way.values()) < waiters:
            await asyncio.sleep(0.005)
