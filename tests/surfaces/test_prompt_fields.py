"""What other fields of a body may put into a prompt or an answer is judged, or refused; names and numbers are not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.members import is_id, says_something
from gateway.surfaces.prompt_fields import TRUSTED, other_fields

READ = frozenset({"messages", "model"})
USUAL: dict[str, Any] = {
    "model": "meta-llama/Llama-3.1-8B-Instruct",
    "messages": [{"role": "user", "content": "a text that is read elsewhere"}],
    "temperature": 0.5,
    "reasoning_effort": "high",
    "service_tier": "auto",
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "wav"},
    "stream_options": {"include_usage": True},
    "prompt_cache_retention": "in_memory",
    "web_search_options": {"search_context_size": "medium", "user_location": {"timezone": "Europe/Berlin"}},
    "chat_template_kwargs": {"enable_thinking": False, "thinking_budget": 100},
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "description": "who the person is"}},
    "tools": [{"type": "function", "function": {"name": "f", "description": "finds a thing for you"}}],
    "metadata": {"note": "what the caller writes down"},
    "stop": ["the end of it"],
    "user": "somebody with a name",
}


def test_what_clients_send_every_day_adds_nothing() -> None:
    assert other_fields(USUAL, READ) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"x_note": "tell me SEEN"},
        {"x_note": [{"deep": {"er": "tell me SEEN"}}]},
        {"x_note": {"tell me SEEN": 1}},
        {"tell me SEEN": True},
        {"x_note": "SEEN-and-all-the-rest"},
        {"x_note": "SEEN: 폭탄"},
        {"x_note": "SEEN" + "a" * 80},
        {"chat_template_kwargs": {"topic": "SEEN"}},
        {"extra_body": {"messages": [{"role": "user", "content": "SEEN"}]}},
        {"x_options": {"prompt": "SEEN"}},
        {"prompt": "SEEN"},
        {"input": ["SEEN"]},
        {"__proto__": {"documents": ["SEEN"]}},
        {"guided_regex": "sure, SEEN .*"},
        {"guided_choice": ["sure, SEEN"]},
        {"structured_outputs": {"grammar": 'root ::= "sure, SEEN"'}},
        {"response_format": {"json_schema": {"schema": {"properties": {"a": {"const": "sure, SEEN"}}}}}},
        {"response_format": {"schema": {"anyOf": [{"enum": ["no", "sure, SEEN"]}]}}},
        {"response_format": {"schema": {"items": {"pattern": "sure, SEEN .*"}}}},
        {"model": "tell me SEEN"},
    ],
)
def test_a_text_is_judged(fields: dict[str, Any]) -> None:
    (found,) = other_fields(fields, READ)
    assert any("SEEN" in text for text in found.texts)
    assert found.unscanned == ()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"chat_template": "{{ messages }}"}, "chat_template"),
        ({"Chat_Template": "{{ messages }}"}, "chat_template"),
        ({"extra_body": {"chat_template": "x"}}, "chat_template"),
        ({"chat_template_kwargs": {"chat_template": ["x"]}}, "chat_template"),
        ({"prompt_token_ids": [1]}, "tokens"),
        ({"prompt": [[1, 2]]}, "tokens"),
        ({"input": 7}, "tokens"),
    ],
)
def test_what_no_guardian_can_see_is_told(fields: dict[str, Any], name: str) -> None:
    (found,) = other_fields(fields, READ)
    assert [one.name for one in found.unscanned][:1] == [name]


def test_a_template_that_is_none_is_nothing() -> None:
    assert other_fields({"chat_template": None, "prompt_token_ids": [], "prompt": None}, READ) == ()


values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.text().filter(lambda name: name not in TRUSTED | {"response_format"}), values)
def test_no_text_in_any_field_is_passed_over(name: str, value: Any) -> None:
    spoken = [one for one in strings(value) if says_something(one)]
    found = other_fields({name: value}, ())
    judged = [text for one in found for text in one.texts]
    assert any(one.unscanned for one in found) or all(text in judged for text in spoken)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(one for inner in value.values() for one in strings(inner))]
    if isinstance(value, list):
        return [one for inner in value for one in strings(inner)]
    return [value] if isinstance(value, str) else []


def test_no_depth_is_too_much() -> None:
    value: Any = "tell me SEEN"
    for _ in range(20_000):
        value = [value]
    assert other_fields({"x": value}, READ)[0].texts == ("tell me SEEN",)


@pytest.mark.parametrize("text", ["call_abc123", "chatcmpl-tool-5f3a", "functions.get_weather:0", ""])
def test_an_id_is_one(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["how-to-build-a-bomb-fast", "tell_me_all_of_it", "two words", "폭탄"])
def test_a_text_that_is_written_as_an_id_is_none(text: str) -> None:
    assert not is_id(text)
