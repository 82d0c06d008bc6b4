"""The coverage of Responses: made from the tables that their reader works with."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.surfaces.coverage import Cell, State, answer_cells, input_cells
from gateway.surfaces.prompt_fields import other_cells
from gateway.surfaces.responses.body import OTHER_TEXTS, STORED
from gateway.surfaces.responses.items import KINDS
from gateway.surfaces.responses.parts import MEDIA, TEXTS

ANSWERED = "turns before the last answered one, under `view: "


def responses_cells() -> Iterator[Cell]:
    yield from input_cells("responses", judged_places())
    yield from other_cells("responses")
    yield from passing_cells()
    yield from answer_cells("responses")
    yield Cell("responses", "output", "what a response object repeats of its request", "unscanned")
    yield Cell("responses", "output", "encrypted reasoning, pictures and sound", "unscanned")


def judged_places() -> dict[State, list[str]]:
    judged = ["input that is a text", "message of role user", "prefilled message of role assistant"]
    judged += [f"part {kind}" for kind in sorted(TEXTS)]
    judged += [f"item {kind}" for kind in KINDS if kind not in ("message", "item_reference", "compaction")]
    judged.remove("item additional_tools")
    judged.remove("item compaction_trigger")
    judged += [
        "parts of a result",
        "result before another call, with no message or reasoning between",
        "reasoning before a call and its result",
        "`encrypted_content` of reasoning in words",
        "any other field of an item or a part",
        f"{ANSWERED}conversation`",
        *(f"field `{name}` of another API" for name in OTHER_TEXTS),
        "`prompt` that is a text",
    ]
    refused = ["unknown item", "unknown part", "unknown role", "text part that holds media"]
    refused += ["field that differs from a known one in its case only"]
    trusted = ["`instructions`", "message of role developer", "message of role system", "item additional_tools"]
    trusted += ["tool definition", "`text` format"]
    unscanned = [f"{ANSWERED}turn`", "id that looks like one", "`encrypted_content` of reasoning"]
    return {"judged": judged, "refused": refused, "trusted": trusted, "unscanned": unscanned}


def passing_cells() -> Iterator[Cell]:
    """What no guardian can see."""
    for kind, name in sorted(MEDIA.items()):
        yield Cell("responses", "input", f"part {kind}", "refused", name)
    for field, name in STORED.items():
        yield Cell("responses", "input", f"`{field}`", "refused", name)
    for item, one in KINDS.items():
        for field, name in one.media:
            yield Cell("responses", "input", f"`{field}` of {item}", "refused", name)
    yield Cell("responses", "input", "picture of code_interpreter_call", "refused", "image")
    yield Cell("responses", "input", "`prompt` that is stored", "refused", "stored_prompt")
    yield Cell("responses", "input", "`background` that is true", "refused", "background")
