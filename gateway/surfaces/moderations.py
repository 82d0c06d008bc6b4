"""`POST /v1/moderations`: OpenAI's moderation endpoint. The guardian answers it; nothing of it is forwarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from gateway.errors import BadRequest, RequestError
from gateway.surfaces.asked import query_of
from gateway.surfaces.conversation import MEDIA_PARTS, part_texts
from gateway.surfaces.coverage import Cell, State, input_cells
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.members import refuse_lookalikes
from gateway.surfaces.moderation_categories import OPENAI, THEIRS, both_names
from gateway.surfaces.openai_error import error_body
from gateway.types import Arrival, Label, Message, Query, Verdict
from gateway.unscanned import Unscanned

MOST = 2048
"""Inputs of one request. It counts as one against the limits of requests, whatever it holds."""
AS_NUMBERS: Mapping[Label, float] = {"safe": 0.0, "controversial": 0.5, "unsafe": 1.0}
"""The score of a guardian that gives none: its label, as a number."""


class Moderations:
    """No `Surface`: no upstream is asked, and no policy decides. A query of it has one message for each input."""

    name = "moderations"
    path = "/v1/moderations"
    upstream_path = "/moderations"
    route = name

    def cells(self) -> Iterator[Cell]:
        judged = ["`input`", "`input`, one of a list", "text part", "any other field of a part"]
        refused = ["unknown part", "`input` of strings and parts", "`input` that is empty or no text"]
        refused += ["field that differs from a known one in its case only"]
        cells: dict[State, list[str]] = {"judged": judged, "refused": refused}
        yield from input_cells(self.name, {**cells, "unscanned": ["any other field of the body, which nobody reads"]})
        for kind, name in sorted(MEDIA_PARTS.items()):
            yield Cell(self.name, "input", f"part {kind}", "refused", name)

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        body = parse_object(raw, headers)
        refuse_lookalikes(body, {"input", "model"}, "body")
        inputs = read_inputs(body.get("input"))
        return query_of(
            self.name,
            raw,
            body,
            headers,
            arrival,
            inputs,
            unscanned=tuple(one for message in inputs for one in message.unscanned),
        )

    def answer(self, query: Query, guardian: str, verdicts: Sequence[Verdict]) -> bytes:
        results = [result(verdict) for verdict in verdicts]
        return orjson.dumps({"id": f"modr-{query.request_id}", "model": guardian, "results": results})

    def error(self, error: RequestError) -> bytes:
        return error_body(error)


def read_inputs(value: object) -> tuple[Message, ...]:
    """A string is one input, and so is a list of parts; of a list of strings each is one."""
    if isinstance(value, str):
        return (Message("user", (value,)),)
    if not isinstance(value, list) or not value:
        raise refused("`input` must be a string, a list of strings or a list of parts")
    if len(value) > MOST:
        raise refused(f"`input` has {len(value)} items, and {MOST} are the most: send more requests")
    if all(isinstance(item, str) for item in value):
        return tuple(Message("user", (item,)) for item in value)
    if any(isinstance(item, str) for item in value):
        raise refused("`input` holds strings and parts: send a list of one kind")
    return (read_parts(value),)


def read_parts(parts: Sequence[object]) -> Message:
    """One input. With nothing in it but what no guardian can see, it would be called safe unseen."""
    found = [one for i, part in enumerate(parts) for one in part_texts(part, f"input[{i}]")]
    texts = tuple(one for one in found if isinstance(one, str) and one)
    unscanned = tuple(one for one in found if isinstance(one, Unscanned))
    if unscanned and not texts:
        told = "`input` holds no text, and the guardian can judge nothing else: send one"
        raise BadRequest(told, code="unscannable_content", param="input")
    return Message("user", texts or ("",), unscanned=unscanned)


def refused(told: str) -> BadRequest:
    return BadRequest(told, code="invalid_input", param="input")


def result(verdict: Verdict) -> dict[str, Any]:
    """All of OpenAI's categories, all of ours, and the label, as categories of their own."""
    flagged = verdict.label != "safe"
    named = {*both_names(verdict.categories), verdict.label} if flagged else set()
    score = AS_NUMBERS[verdict.label] if verdict.score is None else verdict.score
    keys = dict.fromkeys((*OPENAI, *THEIRS, "unsafe", "controversial", *sorted(named)))
    return {
        "flagged": flagged,
        "categories": {key: key in named for key in keys},
        "category_scores": {key: score if key in named else 0.0 for key in keys} | {"unsafe": score},
        "category_applied_input_types": {key: ["text"] for key in keys},
    }
