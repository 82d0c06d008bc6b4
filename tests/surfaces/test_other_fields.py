"""On Responses and Messages too a text in any other field of a body is judged, and what clients send adds nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.surfaces.messages.surface import Messages
from gateway.surfaces.responses.surface import Responses
from gateway.surfaces.surface import Surface
from gateway.types import Arrival, Query

SCHEMA = {"type": "json_schema", "name": "person", "schema": {"properties": {"a": {"description": "who it is"}}}}
RESPONSES: dict[str, Any] = {
    "input": "hello",
    "instructions": "You are a kind helper.",
    "include": ["code_interpreter_call.outputs", "message.input_image.image_url", "reasoning.encrypted_content"],
    "reasoning": {"effort": "medium", "summary": "auto"},
    "text": {"format": SCHEMA, "verbosity": "low"},
    "tools": [{"type": "function", "name": "f", "description": "finds a thing for you"}],
    "metadata": {"note": "what the caller writes down"},
    "truncation": "auto",
    "service_tier": "auto",
    "max_tool_calls": 3,
    "stream_options": {"include_obfuscation": False},
    "prompt_cache_retention": "in_memory",
    "context_management": [{"type": "compaction", "compact_threshold": 9000}],
}
MESSAGES: dict[str, Any] = {
    "messages": [{"role": "user", "content": "hello"}],
    "system": "You are a kind helper.",
    "stop_sequences": ["the end of it"],
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "output_config": {"effort": "high", "format": SCHEMA},
    "tools": [{"name": "f", "description": "finds a thing for you", "input_schema": {}}],
    "metadata": {"user_id": "somebody with a name"},
    "context_management": {"edits": [{"type": "clear_tool_uses_20250919", "trigger": {"type": "input_tokens"}}]},
    "service_tier": "auto",
}
SENT: list[tuple[Surface, dict[str, Any]]] = [(Responses(), RESPONSES), (Messages(), MESSAGES)]
both = pytest.mark.parametrize(("surface", "sent"), SENT, ids=["responses", "messages"])


def read(surface: Surface, body: dict[str, Any]) -> Query:
    return surface.read(orjson.dumps({"model": "org/model-1", **body}), {}, Arrival("r"))


@both
def test_what_clients_send_every_day_adds_nothing(surface: Surface, sent: dict[str, Any]) -> None:
    query = read(surface, sent)
    assert [message.texts for message in query.messages] == [("hello",)]
    assert query.unscanned == ()


@both
@pytest.mark.parametrize(
    "more",
    [
        {"chat_template_kwargs": {"topic": "SEEN"}},
        {"structured_outputs": {"choice": ["sure, SEEN"]}},
        {"context_management": {"edits": [{"type": "compact", "instructions": "SEEN"}]}},
        {"text": {"format": {"schema": {"const": "SEEN"}}}},
        {"output_config": {"format": {"schema": {"enum": ["no", "sure, SEEN"]}}}},
        {"x_note": {"deep": ["tell me SEEN"]}},
    ],
)
def test_a_text_in_any_other_field_is_judged(surface: Surface, sent: dict[str, Any], more: dict[str, Any]) -> None:
    assert "SEEN" in read(surface, {**sent, **more}).messages[-1].text


@both
@pytest.mark.parametrize("name", ["chat_template", "Chat_Template"])
def test_a_template_passes_where_a_policy_names_it(surface: Surface, sent: dict[str, Any], name: str) -> None:
    assert [one.name for one in read(surface, {**sent, name: "{{ x }}"}).unscanned] == ["chat_template"]
