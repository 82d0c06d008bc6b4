"""`POST /v1/chat/completions`: OpenAI's chat completions, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from gateway.errors import RequestError
from gateway.surfaces.answer import ChatAnswer
from gateway.surfaces.asked import flag, query_of
from gateway.surfaces.chat_coverage import chat_cells
from gateway.surfaces.chunks import NO_USAGE, ChunkWriter, Shape
from gateway.surfaces.conversation import content_texts, conversation, history, read_messages, view
from gateway.surfaces.coverage import Cell
from gateway.surfaces.effects import without_effects
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.members import refuse_lookalikes, text_of
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.prompt_fields import other_fields
from gateway.surfaces.splice import prepended, replaced
from gateway.surfaces.surface import Annotation, AnswerText, AnswerWriter
from gateway.surfaces.usage import generated_tokens
from gateway.types import Arrival, Message, Query
from gateway.unscanned import Unscanned

FIELDS = frozenset({"messages", "prediction", "documents", "model", "stream", "n", "tools", "functions"})
"""What is read of the body, and no other may be taken for."""


class Chat:
    """Chat completions. A safe response is a `chat.completion` object, or its chunks, as the caller asked."""

    name = "chat"
    path = "/v1/chat/completions"
    upstream_path = "/chat/completions"
    route = name
    answer_member = ""
    judged_field = "messages"
    speaks = True

    def cells(self) -> Iterable[Cell]:
        return chat_cells()

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        body = parse_object(raw, headers)
        refuse_lookalikes(body, FIELDS, "body")
        messages = read_messages(body.get("messages"))
        judged, said = view(messages), messages
        if body.get("prediction") is not None:
            predicted = prediction(body["prediction"])
            judged, said = (*judged, predicted), (*said, predicted)
        others = other_fields(body, FIELDS)
        judged, said = (*judged, *(one for one in others if one.texts)), (*said, *others)
        if found := text_of(body.get("documents")):
            judged = (*judged, Message("tool", (found,)))
        return query_of(
            self.name,
            raw,
            body,
            headers,
            arrival,
            judged,
            stream=flag(body, "stream"),
            tools=bool(body.get("tools") or body.get("functions")),
            conversation=conversation(messages, body, arrival.conversation_key),
            history=history(messages),
            unscanned=tuple(one for message in said for one in message.unscanned),
        )

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        raw = query.raw if model is None else replaced(query.raw, "model", model)
        if system_prompt is None:
            return raw
        return prepended(raw, "messages", {"role": "system", "content": system_prompt})

    def without_effects(self, query: Query) -> bool:
        return without_effects(query.body)

    def tokens(self, events: Sequence[bytes]) -> int:
        return generated_tokens(events)

    def answer(self) -> AnswerText:
        return ChatAnswer()

    def completion(
        self, query: Query, text: str, finish_reason: str, *, created: int, moderation: Annotation = None
    ) -> bytes:
        message = {"role": "assistant", **spoken(query, text)}
        choices = [choice(i, "message", message, finish_reason) for i in range(copies(query))]
        body = {**head(query, "chat.completion", created), "choices": choices, "usage": NO_USAGE}
        return orjson.dumps(body if moderation is None else {**body, "moderation": moderation})

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        started = {"delta": {"role": "assistant", **spoken(query, "")}}
        shape = Shape(started, partial(delta, query), {"delta": {}})
        return ChunkWriter(head(query, "chat.completion.chunk", created), copies(query), shape, query.body, moderation)

    def error(self, error: RequestError) -> bytes:
        return error_body(error)


def head(query: Query, kind: str, created: int) -> dict[str, Any]:
    return {"id": f"chatcmpl-{query.request_id}", "object": kind, "created": created, "model": query.model}


def choice(index: int, key: str, value: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": index, key: value, "logprobs": None, "finish_reason": finish_reason}


def spoken(query: Query, text: str) -> dict[str, str | None]:
    """A caller that asked for JSON would try to parse the content, and one that demands a tool call does not look
    there: they read the text in `refusal`, as OpenAI's own refusals.
    """
    return {"content": None, "refusal": text} if wants_no_text(query) else {"content": text, "refusal": None}


def delta(query: Query, text: str) -> dict[str, Any]:
    return {"delta": {"refusal" if wants_no_text(query) else "content": text}}


def wants_no_text(query: Query) -> bool:
    wanted, demanded = query.body.get("response_format"), query.body.get("tool_choice")
    json = isinstance(wanted, dict) and wanted.get("type") in ("json_schema", "json_object")
    named = isinstance(demanded, dict) and demanded.get("type") in ("function", "custom")
    return json or named or demanded == "required"


def copies(query: Query) -> int:
    n = query.body.get("n")
    return n if isinstance(n, int) and 1 <= n <= 128 else 1


def prediction(value: object) -> Message:
    """A predicted output is text of the caller's that the model may repeat."""
    content = value.get("content") if isinstance(value, dict) else None
    found = [*content_texts(content, "prediction.content")]
    texts = (one for one in found if isinstance(one, str))
    return Message("user", tuple(texts), unscanned=tuple(one for one in found if isinstance(one, Unscanned)))
