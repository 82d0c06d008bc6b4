"""What is judged, refused, trusted or unscanned, place by place: made from the tables that the readers work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.surfaces.conversation import MEDIA_PARTS, ROLES, TEXT_PARTS, TRUSTED

State = Literal["judged", "refused", "trusted", "unscanned"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a surface where text or media may stand, and what happens to it, streamed or not."""

    surface: str
    direction: Literal["input", "output"]
    place: str
    state: State


def coverage() -> tuple[Cell, ...]:
    """Every cell; `tests/flow/test_coverage.py` has a request for each and looks at what the guardian and the
    upstream got.
    """
    return (*chat_input(), *chat_output(), *elsewhere())


def chat_input() -> tuple[Cell, ...]:
    judged = [f"content of role {role}" for role in sorted(ROLES - TRUSTED - {"assistant"})]
    judged += [f"part {kind}" for kind in sorted(TEXT_PARTS)]
    judged += [
        "name",
        "prefilled assistant turn",
        "tool call name",
        "tool call arguments",
        "function call",
        "prediction",
        "documents",
        "tool call arguments that are an object",
        "any other field of a message, a text part or a tool call",
        "tool call before its result",
        "turns before the last answered one, under `view: conversation`",
    ]
    refused = [f"part {kind}" for kind in sorted(MEDIA_PARTS)] + ["unknown part", "unknown role"]
    trusted = [f"content of role {role}" for role in sorted(TRUSTED)] + ["tool definition"]
    trusted += ["response format", "any other field of the body"]
    refused += ["text part that holds media", "field that differs from a known one in its case only"]
    unscanned = ["turns before the last answered one, under `view: turn`"]
    unscanned += ["`cache_control` and `extra_content` of a message", "id of a tool call that looks like one"]
    cells: dict[State, list[str]] = {"judged": judged, "refused": refused, "trusted": trusted, "unscanned": unscanned}
    return tuple(Cell("chat", "input", place, state) for state, places in cells.items() for place in places)


def chat_output() -> tuple[Cell, ...]:
    """`tests/flow/test_output.py` has the requests for these."""
    return (
        Cell("chat", "output", "answer of the upstream, under rules of `phase: output`", "judged"),
        Cell("chat", "output", "as much of a stream as a policy's `answers: {leak: ...}` allows", "unscanned"),
        Cell("chat", "output", "answer of the upstream, under no such rule", "unscanned"),
        Cell("chat", "output", "error of the upstream", "unscanned"),
        Cell("chat", "output", "comments, names, ids and `retry` of a stream's events", "unscanned"),
    )


def elsewhere() -> tuple[Cell, ...]:
    return (
        Cell("models", "input", "model name", "unscanned"),
        Cell("any other endpoint", "input", "anything", "refused"),
    )


def table() -> str:
    """The table in Markdown, for the docs."""
    lines = ["| surface | direction | place | state |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {c.surface} | {c.direction} | {c.place} | {c.state} |" for c in coverage())])
