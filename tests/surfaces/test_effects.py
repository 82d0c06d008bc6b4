"""A field that is not known to be harmless is taken to have an effect."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.effects import HARMLESS, without_effects

MESSAGES = [{"role": "system", "content": "x"}, {"role": "user", "content": "hi"}, {"role": "assistant"}]
BODY = {"model": "m", "messages": MESSAGES}


def test_a_plain_query_has_none() -> None:
    assert without_effects({**BODY, "stream": True, "stream_options": {"include_usage": True}, "temperature": 0.5})


@given(st.text(max_size=20).filter(lambda name: name not in HARMLESS), st.none() | st.booleans() | st.integers())
def test_any_other_field_may_have_one(name: str, value: object) -> None:
    assert not without_effects({**BODY, name: value})


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "tool_call_id": "c", "content": "42"},
        {"role": "function", "name": "f", "content": "42"},
        {"role": "assistant", "tool_calls": [{"id": "c"}]},
        {"role": "assistant", "function_call": {"name": "f"}},
    ],
)
def test_a_conversation_with_tools_may_have_one(message: dict[str, Any]) -> None:
    assert not without_effects({**BODY, "messages": [*MESSAGES, message]})


def test_fields_that_store_search_or_call_are_not_on_the_list() -> None:
    known = {"tools", "functions", "tool_choice", "store", "metadata", "web_search_options", "modalities", "audio"}
    known |= {"previous_response_id", "conversation", "background", "parallel_tool_calls", "prompt_cache_retention"}
    assert not known & HARMLESS
