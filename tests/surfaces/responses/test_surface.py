"""What is forwarded, when it may be forwarded early, and what it has cost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.surfaces.responses.surface import Responses
from gateway.types import Arrival, Query
from tests.surfaces.responses.spoken import HEAD, USAGE, Spoken

PLAIN: dict[str, Any] = {"model": "m", "input": "hello", "store": False}
CALL = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}


def read(body: dict[str, Any]) -> Query:
    return Responses().read(json.dumps(body).encode(), {}, Arrival("r"))


def test_another_model_is_put_in_and_every_other_byte_stays() -> None:
    query = Responses().read(b'{"input":"hello",  "model": "m", "top_p":1.0}', {}, Arrival("r"))
    assert Responses().rewritten(query, "n", None) == b'{"input":"hello",  "model": "n", "top_p":1.0}'


@pytest.mark.parametrize(
    ("own", "expected"),
    [({}, "be kind"), ({"instructions": None}, "be kind"), ({"instructions": "be brief"}, "be kind\n\nbe brief")],
)
def test_a_system_prompt_stands_before_the_instructions(own: dict[str, Any], expected: str) -> None:
    body = {**PLAIN, **own}
    assert json.loads(Responses().rewritten(read(body), None, "be kind")) == {**body, "instructions": expected}


@pytest.mark.parametrize(
    ("more", "harmless"),
    [
        ({}, True),
        ({"instructions": "be kind", "temperature": 0, "text": {"format": {"type": "text"}}}, True),
        ({"input": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]}, True),
        ({"store": True}, False),
        ({"store": None}, False),
        ({"tools": []}, False),
        ({"metadata": {}}, False),
        ({"input": [{"role": "user", "content": "hello"}, CALL]}, False),
        ({"input": None, "prompt": {"id": "x"}}, False),
    ],
)
def test_asking_has_no_effects_only_where_nothing_is_stored_and_nobody_acts(
    more: dict[str, Any], harmless: bool
) -> None:
    assert Responses().without_effects(read({**PLAIN, **more})) is harmless


def test_what_is_not_set_is_stored() -> None:
    assert not Responses().without_effects(read({"model": "m", "input": "hello"}))


def data(*events: dict[str, Any]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (data(*Spoken(4).all("It is long.")), USAGE["output_tokens"]),
        (data(*Spoken(4).all("It is long.")[:-1]), 3),
        (data({**HEAD, "usage": USAGE}), USAGE["output_tokens"]),
        (data({**HEAD, "usage": {"output_tokens": -1}, "output": [{"text": "x" * 40}]}), 10),
        ([b'{"output": [{"text": "' + b"x" * 58], 20),
        ([b"[]", b"[DONE]"], 0),
    ],
)
def test_tokens_are_what_the_upstream_says_or_what_is_seen(events: list[bytes], expected: int) -> None:
    assert Responses().tokens(events) == expected
