"""`gateway guardian families`: which guardian models this gateway can speak to."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.guardian.chosen import AsFormat, Format
from gateway.guardian import family
from gateway.types import Card

COLUMNS = ("family, and its models", "labels", "score", "response", "judges")


def families(format: AsFormat = Format.text) -> None:
    """Lists the families: the models of each, its labels, and whether it gives a score and writes a response."""
    cards = [module.CARD for _, module in sorted(family.families().items())]
    if format is Format.json:
        typer.echo(json.dumps([as_json(card) for card in cards], indent=2))
    else:
        Console().print(table(cards))


def as_json(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "models": list(card.models),
        "labels": list(card.labels),
        "scores": card.scores,
        "writes_response": card.writes_response,
        "judges": list(card.judges),
        "categories": dict(card.categories),
    }


def table(cards: list[Card]) -> Table:
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in COLUMNS:
        made.add_column(name, overflow="fold")
    for card in cards:
        names = "\n  ".join((card.name, *card.models))
        words = (names, "\n".join(card.labels), yes(card.scores), yes(card.writes_response), "\n".join(card.judges))
        made.add_row(*map(Text, words))
    return made


def yes(value: bool) -> str:
    return "yes" if value else "no"
