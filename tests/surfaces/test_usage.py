"""Tokens of an answer, as far as it has come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.usage import generated_tokens
from tests.servers import completion_chunk, completion_object


def delta(**fields: Any) -> bytes:
    return completion_chunk(fields).removeprefix(b"data: ")


def whole(**fields: Any) -> bytes:
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", **fields}}]}).encode()


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 0),
        ([b""], 0),
        ([completion_object("Paris.")], 5),
        ([whole(content="x" * 41)], 10),
        ([whole(content=None, refusal="x" * 8)], 2),
        ([b'{"choices": [{"message": {"cont'], 7),
        ([b"\x1f\x8b" + b"z" * 98], 25),
        ([delta(role="assistant", content="")], 0),
        ([delta(role="assistant", content=""), delta(content="a"), delta(content="b"), delta(), b"[DONE]"], 2),
        ([delta(reasoning="a"), delta(refusal="b"), delta(tool_calls=[{"function": {"arguments": "{"}}])], 3),
        ([delta(content="a"), b'{"choices": [], "usage": {"completion_tokens": 9}}'], 9),
        ([b'{"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}], "usage": null}'], 2),
        ([b'{"choices": [], "usage": {"completion_tokens": true}}'], 0),
        ([b'{"choices": [], "usage": {"completion_tokens": 9999999999999999}}'], 10_000_000),
        ([b'{"choices": 5}', b"5", b"[]", b'{"choices": [5, {"message": 5}]}'], 0),
    ],
)
def test_tokens_are_told_from_what_has_arrived(events: list[bytes], expected: int) -> None:
    assert generated_tokens(events) == expected


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("choices", "delta", "usage")), inner),
    max_leaves=8,
)


@given(st.lists(values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30), max_size=4))
def test_whatever_arrives_it_is_a_number(events: list[bytes]) -> None:
    assert generated_tokens(events) >= 0
