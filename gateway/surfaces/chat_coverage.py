"""The coverage of chat completions: made from the tables that their reader works with."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.surfaces.conversation import MEDIA_PARTS, ROLES, TEXT_PARTS, TRUSTED
from gateway.surfaces.coverage import Cell, State, answer_cells, input_cells
from gateway.surfaces.prompt_fields import READ_TO_NO_MODEL, TEMPLATES


def chat_cells() -> Iterator[Cell]:
    yield from chat_input()
    yield from answer_cells("chat")


def chat_input() -> Iterator[Cell]:
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
        "text in any other field of the body",
        "words that a response format forces into the answer",
        "`model` that looks like no name",
        "turns before the last answered one, under `view: conversation`",
    ]
    refused = ["unknown part", "unknown role"]
    trusted = [f"content of role {role}" for role in sorted(TRUSTED)] + ["tool definition"]
    trusted += ["response format"] + [f"`{name}`" for name in sorted(READ_TO_NO_MODEL)]
    refused += ["text part that holds media", "field that differs from a known one in its case only"]
    unscanned = ["turns before the last answered one, under `view: turn`"]
    unscanned += ["number, switch or name in any other field of the body"]
    unscanned += ["`cache_control` and `extra_content` of a message", "id of a tool call that looks like one"]
    cells: dict[State, list[str]] = {"judged": judged, "refused": refused, "trusted": trusted, "unscanned": unscanned}
    yield from input_cells("chat", cells)
    for kind, name in sorted(MEDIA_PARTS.items()):
        yield Cell("chat", "input", f"part {kind}", "refused", name)
    for kind in sorted(TEMPLATES):
        yield Cell("chat", "input", f"`{kind}`, at any depth", "refused", "chat_template")
    yield Cell("chat", "input", "token numbers in a field that is a prompt elsewhere", "refused", "tokens")
