"""The readings of a text: as it came."""

from __future__ import annotations

from gateway.evasion.view import View


def views(text: str) -> tuple[View, ...]:
    """The raw text first, then each different reading, four in all at most."""
    return (View(text),)
