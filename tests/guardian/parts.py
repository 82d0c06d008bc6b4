"""Looks at the parts that a guardian is joined from."""

from __future__ import annotations

from typing import Any

from gateway.guardian.client import Client
from gateway.guardian.judge import Guardian


def client_of(guardian: Guardian) -> Client:
    """The model behind all that stands before it."""
    part: Any = guardian.source
    while not isinstance(part, Client):
        part = part.source
    return part
