"""The coverage of messages, and of counting their tokens: made from the tables that their reader works with."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.surfaces.coverage import Cell, State, answer_cells, input_cells
from gateway.surfaces.messages.blocks import CALLS, MEDIA, OPAQUE, RESULTS
from gateway.surfaces.prompt_fields import other_cells


def message_cells() -> Iterator[Cell]:
    yield from read_cells("messages")
    yield from answer_cells("messages")


def count_cells() -> Iterator[Cell]:
    """What is sent to be counted reaches the upstream as a query does."""
    yield from read_cells("count_tokens")
    yield Cell("count_tokens", "output", "number of tokens", "unscanned")


def read_cells(surface: str) -> Iterator[Cell]:
    judged = ["content of role user", "prefilled assistant turn", "thinking", "tool call before its result"]
    judged += [f"block {kind}" for kind in sorted(CALLS | RESULTS)]
    judged += [
        "block text",
        "block search_result",
        "document of text",
        "document of blocks",
        "title of a document",
        "error in the result of a tool",
        "documents",
        "any other field of a message or a block",
        "turns before the last answered one, under `view: conversation`",
    ]
    refused = ["unknown block", "unknown block in the result of a tool", "unknown role", "text block that holds media"]
    refused += ["field that differs from a known one in its case only"]
    trusted = ["`system`", "content of role system", "tool definition"]
    unscanned = ["turns before the last answered one, under `view: turn`", "`cache_control` of a block"]
    unscanned += [f"`{name}` of a block, where it is no words" for name in sorted(OPAQUE)]
    cells: dict[State, list[str]] = {"judged": judged, "refused": refused, "trusted": trusted, "unscanned": unscanned}
    yield from input_cells(surface, cells)
    yield from other_cells(surface)
    for kind, name in sorted(MEDIA.items()):
        yield Cell(surface, "input", f"block {kind}", "refused", name)
    yield Cell(surface, "input", "`thread`", "refused", "previous_response")
    yield Cell(surface, "input", "picture in the result of a tool", "refused", "image")
