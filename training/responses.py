"""Safe responses out of `data/responses.yaml`: an opening, sometimes a reason, an offer, chosen by category, language
and topic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml


class Responses:
    """The bank. The same query always gets the same response; different queries get different ones."""

    def __init__(self, bank: dict[str, Any]) -> None:
        self.bank = bank

    @classmethod
    def read(cls, path: Path) -> Responses:
        return cls(yaml.safe_load(path.read_text()))

    def to(self, query: str, category: str, lang: str) -> str:
        """A response in the query's language (English where it is neither English nor Korean)."""
        general = self.bank[category]["ko" if lang == "ko" else "en"]
        topic = next((t for t in general.get("topics", []) if any(w in query.lower() for w in t["keywords"])), None)
        words = topic or general
        parts = [pick(words["openings"], query, "opening")]
        if general.get("reasons") and drawn(query, "reason") % 3 == 0:
            parts.append(pick(general["reasons"], query, "why"))
        return " ".join([*parts, pick(words["offers"], query, "offer")])

    def forced(self, query: str, lang: str) -> str:
        """What an operator's policy makes the guardian say to any query: no reason, no accusation."""
        words = self.bank["forced"][lang]
        return f"{pick(words['openings'], query, 'opening')} {pick(words['offers'], query, 'offer')}"


def pick(choices: Sequence[str], query: str, salt: str) -> str:
    return choices[drawn(query, salt) % len(choices)]


def drawn(query: str, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt}:{query}".encode()).digest()[:8])
