"""The coverage of the endpoints for pictures and sound: made from the tables that their reader works with."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gateway.surfaces.coverage import Cell, State, input_cells
from gateway.surfaces.form import Fields


def media_cells(surface: str, fields: Fields, bodies: Collection[str], *, answered: bool) -> Iterator[Cell]:
    judged = [f"`{name}`" for name in sorted(fields.texts)]
    judged += ["any other field that is a text", "setting that is more than a word or a number"]
    refused = ["field whose name some readers take for another"]
    if "form" in bodies:
        judged += ["name of a file that is more than a name"] * bool(fields.files)
        refused += ["field of a form that is there twice", "text field of a form that is sent as a file"]
        refused += ["form that two readers would read differently"]
    cells: dict[State, list[str]] = {
        "judged": judged,
        "refused": refused,
        "unscanned": ["setting that is a word or a number"],
    }
    yield from input_cells(surface, cells)
    for name, kind in sorted({**fields.files, **fields.media_texts}.items()):
        yield Cell(surface, "input", f"media in `{name}`", "refused", kind)
    yield from output(surface, answered=answered)


def output(surface: str, *, answered: bool) -> Iterator[Cell]:
    """Answers are judged whole, if at all."""
    if answered:
        yield Cell(surface, "output", "words of the answer, under rules of `phase: output`", "judged")
        yield Cell(surface, "output", "words of the answer, under no such rule", "unscanned")
    yield Cell(surface, "output", "media of the answer", "unscanned")
    yield Cell(surface, "output", "error of the upstream", "unscanned")
