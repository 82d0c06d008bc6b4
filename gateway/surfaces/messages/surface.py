"""`POST /v1/messages`: Anthropic's messages, plain and streamed; and `/v1/messages/count_tokens`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from gateway.errors import RequestError
from gateway.surfaces.asked import flag, query_of
from gateway.surfaces.conversation import conversation, history, view
from gateway.surfaces.coverage import Cell
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.members import refuse_lookalikes, text_of
from gateway.surfaces.messages.answer import MessagesAnswer
from gateway.surfaces.messages.blocks import CALLS, RESULTS
from gateway.surfaces.messages.coverage import message_cells
from gateway.surfaces.messages.error import error_body
from gateway.surfaces.messages.input import read_system, read_turns, user_of
from gateway.surfaces.messages.usage import generated_tokens
from gateway.surfaces.messages.writer import STOP_REASONS, MessagesWriter, message
from gateway.surfaces.prompt_fields import other_fields
from gateway.surfaces.splice import prepended, replaced
from gateway.surfaces.surface import Annotation, AnswerText, AnswerWriter
from gateway.types import Arrival, Message, Query
from gateway.unscanned import Unscanned

FIELDS = frozenset({"messages", "system", "documents", "model", "stream", "thread"}) | {
    "tools",
    "mcp_servers",
    "container",
}
"""What is read of the body, and no other may be taken for."""
SCHEMAS = frozenset({"output_config", "output_format"})
"""What shapes the answer."""
HARMLESS = frozenset({"model", "messages", "system", "max_tokens", "stream", "metadata", "stop_sequences"}) | {
    "temperature",
    "top_k",
    "top_p",
    "thinking",
    "output_config",
    "service_tier",
    "cache_control",
}
"""Fields that only shape the answer, name the caller, or choose how fast it is served."""
AGENT_BLOCKS = CALLS | RESULTS


class Messages:
    """A safe response is a `message` object, or its events, as the caller asked."""

    name = "messages"
    path = "/v1/messages"
    upstream_path = "/messages"
    route = name
    answer_member = "message"
    judged_field = "messages"
    speaks = True

    def cells(self) -> Iterable[Cell]:
        return message_cells()

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        body = parse_object(raw, headers)
        refuse_lookalikes(body, FIELDS, "body")
        turns = (*read_system(body.get("system")), *read_turns(body.get("messages")))
        judged = view(turns)
        if found := text_of(body.get("documents")):
            judged = (*judged, Message("tool", (found,)))
        others = other_fields(body, FIELDS, SCHEMAS)
        return query_of(
            self.name,
            raw,
            body,
            headers,
            arrival,
            (*judged, *(one for one in others if one.texts)),
            stream=flag(body, "stream"),
            tools=bool(body.get("tools") or body.get("mcp_servers") or body.get("container")),
            conversation=conversation(turns, user_of(body), arrival.conversation_key),
            history=history(turns),
            unscanned=(*(one for turn in (*turns, *others) for one in turn.unscanned), *thread(body)),
        )

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        raw = query.raw if model is None else replaced(query.raw, "model", model)
        return raw if system_prompt is None else with_system_prompt(raw, query.body.get("system"), system_prompt)

    def without_effects(self, query: Query) -> bool:
        return query.body.keys() <= HARMLESS and not any(map(of_agent, query.body["messages"]))

    def tokens(self, events: Sequence[bytes]) -> int:
        return generated_tokens(events)

    def answer(self) -> AnswerText | None:
        return MessagesAnswer()

    def completion(
        self, query: Query, text: str, finish_reason: str, *, created: int, moderation: Annotation = None
    ) -> bytes:
        del created
        body = message(query, text, STOP_REASONS[finish_reason])
        return orjson.dumps(body if moderation is None else {**body, "moderation": moderation})

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        del created
        return MessagesWriter(query, moderation)

    def error(self, error: RequestError) -> bytes:
        return error_body(error)


def with_system_prompt(raw: bytes, system: object, words: str) -> bytes:
    """The operator's words come first; the caller's system prompt, a string or blocks, behind them."""
    if isinstance(system, list) and system:
        return prepended(raw, "system", {"type": "text", "text": words})
    if isinstance(system, str):
        return replaced(raw, "system", f"{words}\n\n{system}")
    return replaced(raw, "system", words)


def thread(body: Mapping[str, Any]) -> Iterable[Unscanned]:
    """A conversation that goes on from where the provider has stored it."""
    return [] if body.get("thread") is None else [Unscanned("previous_response", "thread", "thread")]


def of_agent(turn: Mapping[str, Any]) -> bool:
    content = turn.get("content")
    return isinstance(content, list) and any(block.get("type") in AGENT_BLOCKS for block in content)
