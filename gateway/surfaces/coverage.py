"""A coverage table's cells: what is judged, refused, trusted or unscanned, place by place, as each surface says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["judged", "refused", "trusted", "unscanned"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a surface where text or media may stand, and what happens to it, streamed or not. What is refused
    since no guardian can see it passes where a policy says so: `unscanned_as` is the name of it there.
    """

    surface: str
    direction: Literal["input", "output"]
    place: str
    state: State
    unscanned_as: str = ""


def input_cells(surface: str, places: Mapping[State, Iterable[str]]) -> Iterator[Cell]:
    return (Cell(surface, "input", place, state) for state, found in places.items() for place in found)


def answer_cells(surface: str) -> Iterator[Cell]:
    """What holds of every answer that output rules can judge."""
    yield Cell(surface, "output", "answer of the upstream, under rules of `phase: output`", "judged")
    leak = "as much of a stream as a policy's `answers: {leak: ...}` allows"
    for place in (leak, "answer of the upstream, under no such rule", "error of the upstream"):
        yield Cell(surface, "output", place, "unscanned")
    yield Cell(surface, "output", "comments, names, ids and `retry` of a stream's events", "unscanned")


def table(cells: Collection[Cell]) -> str:
    """The table in Markdown, for the docs."""
    lines = ["| surface | direction | place | state |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {c.surface} | {c.direction} | {c.place} | {told(c)} |" for c in cells)])


def told(cell: Cell) -> str:
    return cell.state + (f", or unscanned by `{cell.unscanned_as}`" if cell.unscanned_as else "")
