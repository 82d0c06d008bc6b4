"""`POST /v1/completions`: OpenAI's completions without turns, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from gateway.errors import BadRequest, RequestError
from gateway.surfaces.answer import ChatAnswer
from gateway.surfaces.asked import flag, query_of
from gateway.surfaces.chat import copies
from gateway.surfaces.chunks import NO_USAGE, ChunkWriter, Shape
from gateway.surfaces.conversation import conversation
from gateway.surfaces.coverage import Cell, State, answer_cells, input_cells
from gateway.surfaces.effects import HARMLESS
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.members import refuse_lookalikes
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.prompt_fields import other_cells, other_fields
from gateway.surfaces.splice import replaced
from gateway.surfaces.surface import Annotation, AnswerText, AnswerWriter
from gateway.surfaces.texts import numbers, read_texts, something, stray
from gateway.surfaces.usage import generated_tokens
from gateway.types import Arrival, Query
from gateway.unscanned import Unscanned

STRAY = ("messages", "input", "documents")
FIELDS = frozenset({"prompt", "suffix", "prompt_embeds", "model", "stream", "n", *STRAY})
"""What is read of the body, and no other may be taken for."""
OWN = HARMLESS - {"messages", "prediction"} | {"prompt", "suffix", "best_of", "echo"}
"""Fields that only shape the answer."""

MOST_CHOICES = 2048


class Completions:
    """A safe response is a `text_completion` object, or its chunks, with a choice for each that was asked for."""

    name = "completions"
    path = "/v1/completions"
    upstream_path = "/completions"
    route = name
    answer_member = ""
    judged_field = "prompt"
    speaks = True

    def cells(self) -> Iterator[Cell]:
        judged = ["`prompt`", "`prompt`, one of a list", "`suffix`"]
        judged += [f"`{name}`, of another endpoint" for name in STRAY]
        refused = ["field that differs from a known one in its case only"]
        cells: dict[State, Iterable[str]] = {
            "judged": judged,
            "refused": refused,
        }
        yield from input_cells(self.name, cells)
        yield from other_cells(self.name)
        for place in ("`prompt` of token numbers", "`prompt`, one of a list, of token numbers", "`prompt_embeds`"):
            yield Cell(self.name, "input", place, "refused", "tokens")
        yield from answer_cells(self.name)

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        body = parse_object(raw, headers)
        refuse_lookalikes(body, FIELDS, "body")
        prompts = (*read_texts(body.get("prompt"), "prompt"), *read_texts(body.get("suffix"), "suffix"))
        embedded = body.get("prompt_embeds") is not None
        others = other_fields(body, FIELDS)
        unscanned = [one for turn in (*prompts, *others) for one in turn.unscanned]
        unscanned += [Unscanned("tokens", "prompt_embeds", "embeddings")] if embedded else []
        if not unscanned:
            something(prompts, "prompt")
        judged = (*(turn for turn in prompts if turn.texts), *stray(body, STRAY), *(one for one in others if one.texts))
        return query_of(
            self.name,
            raw,
            body,
            headers,
            arrival,
            judged,
            stream=flag(body, "stream"),
            conversation=conversation(judged, body, arrival.conversation_key),
            unscanned=tuple(unscanned),
        )

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        raw = query.raw if model is None else replaced(query.raw, "model", model)
        if system_prompt is None:
            return raw
        return replaced(raw, "prompt", led(query.body.get("prompt"), system_prompt))

    def without_effects(self, query: Query) -> bool:
        return query.body.keys() <= OWN

    def tokens(self, events: Sequence[bytes]) -> int:
        return generated_tokens(events)

    def answer(self) -> AnswerText:
        return ChatAnswer()

    def completion(
        self, query: Query, text: str, finish_reason: str, *, created: int, moderation: Annotation = None
    ) -> bytes:
        choice = {"text": text, "logprobs": None, "finish_reason": finish_reason}
        choices = [{"index": i, **choice} for i in range(wanted(query))]
        body = {**head(query, created), "choices": choices, "usage": NO_USAGE}
        return orjson.dumps(body if moderation is None else {**body, "moderation": moderation})

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        return ChunkWriter(head(query, created), wanted(query), SHAPE, query.body, moderation)

    def error(self, error: RequestError) -> bytes:
        return error_body(error)


def saying(text: str) -> Mapping[str, Any]:
    return {"text": text}


SHAPE = Shape({"text": ""}, saying, {"text": ""})


def head(query: Query, created: int) -> dict[str, Any]:
    return {"id": f"cmpl-{query.request_id}", "object": "text_completion", "created": created, "model": query.model}


def wanted(query: Query) -> int:
    """A choice for each prompt, as often as it was asked for; but how much is written is not the caller's to say."""
    prompt = query.body.get("prompt")
    several = isinstance(prompt, list) and not all(type(one) is int for one in prompt)
    return min(MOST_CHOICES, copies(query) * (len(prompt) if several and isinstance(prompt, list) else 1))


def led(prompt: object, words: str) -> object:
    """The prompts with the operator's words before each."""
    if isinstance(prompt, str):
        return f"{words}\n\n{prompt}"
    if isinstance(prompt, list) and not numbers(prompt):
        return [led(one, words) for one in prompt]
    told = "a policy puts words before the prompt, which one of token numbers cannot take: send text"
    raise BadRequest(told, code="no_system_prompt", param="prompt")
