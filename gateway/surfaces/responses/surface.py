"""Responses, plain and streamed. A safe response is a `response` object, or its events, as the caller asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from gateway.errors import BadRequest, RequestError
from gateway.surfaces.asked import flag, query_of
from gateway.surfaces.conversation import conversation, history, view
from gateway.surfaces.coverage import Cell
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.members import refuse_lookalikes
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.prompt_fields import other_fields
from gateway.surfaces.responses.answer import ResponsesAnswer
from gateway.surfaces.responses.body import FIELDS, SCHEMAS, beside, instructions
from gateway.surfaces.responses.coverage import responses_cells
from gateway.surfaces.responses.effects import without_effects
from gateway.surfaces.responses.response import ended, head, message, part, wants_no_text
from gateway.surfaces.responses.tokens import generated_tokens
from gateway.surfaces.responses.turns import read_input
from gateway.surfaces.responses.writer import ResponsesWriter
from gateway.surfaces.splice import replaced
from gateway.surfaces.surface import Annotation, AnswerText, AnswerWriter
from gateway.types import Arrival, Query


class Responses:
    """`instructions` are the application's, as a system prompt; every item of `input` is a turn or a part of one."""

    name = "responses"
    path = "/v1/responses"
    upstream_path = "/responses"
    route = name
    answer_member = "response"
    judged_field = "input"
    speaks = True

    def cells(self) -> Iterable[Cell]:
        return responses_cells()

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        body = parse_object(raw, headers)
        refuse_lookalikes(body, FIELDS, "body")
        turns, more = read_input(body.get("input")), (*beside(body), *other_fields(body, FIELDS, SCHEMAS))
        if not turns and not more:
            raise BadRequest("`input` must hold at least one item", code="invalid_input", param="input")
        said = (*instructions(body), *turns)
        flag(body, "background")
        return query_of(
            self.name,
            raw,
            body,
            headers,
            arrival,
            (*view(said), *(one for one in more if one.texts)),
            stream=flag(body, "stream"),
            tools=bool(body.get("tools")),
            conversation=conversation(said, body, arrival.conversation_key),
            history=history(said),
            unscanned=tuple(one for message in (*said, *more) for one in message.unscanned),
        )

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        raw = query.raw if model is None else replaced(query.raw, "model", model)
        if system_prompt is None:
            return raw
        own = query.body.get("instructions")
        return replaced(raw, "instructions", f"{system_prompt}\n\n{own}" if own else system_prompt)

    def without_effects(self, query: Query) -> bool:
        return without_effects(query.body)

    def tokens(self, events: Sequence[bytes]) -> int:
        return generated_tokens(events)

    def answer(self) -> AnswerText:
        return ResponsesAnswer()

    def completion(
        self, query: Query, text: str, finish_reason: str, *, created: int, moderation: Annotation = None
    ) -> bytes:
        status = "incomplete" if finish_reason == "content_filter" else "completed"
        output = [message(query, [part(text, refusal=wants_no_text(query))], status)]
        return orjson.dumps(ended(head(query, created, moderation), output, finish_reason))

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        return ResponsesWriter(query, created, moderation)

    def error(self, error: RequestError) -> bytes:
        return error_body(error)
