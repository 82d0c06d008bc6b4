"""Whatever an upstream answers on whatever surface: it is read or told as unreadable, and an end can be written."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.served import surfaces
from gateway.surfaces.surface import Surface
from gateway.types import Query
from tests.surfaces.test_any_body import read

SPEAKING = [surface for surface in surfaces() if surface.speaks]
KINDS = (
    *("message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta"),
    *("response.created", "response.output_item.added", "response.output_item.done", "response.content_part.added"),
    *("response.content_part.done", "response.output_text.delta", "response.refusal.delta", "response.completed"),
)
NAMES = ("content", "text", "delta", "message", "item", "part", "response", "content_block", "usage", "logprobs")
NUMBERS = ("index", "output_index", "content_index", "summary_index", "sequence_number")
numbers = st.integers(-3, 3) | st.sampled_from([2**53, 2**63, 2**64 - 1, None, True, 1.5, "0"])
values = st.recursive(
    numbers | st.text(max_size=5) | st.sampled_from(("message", "reasoning", "output_text", "tool_use")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*NAMES, "type")), inner, max_size=4),
    max_leaves=9,
)
objects = st.dictionaries(st.sampled_from((*NAMES, "type", "id")), values, max_size=4)
events = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS), "choices": st.lists(objects | values, max_size=2)},
    optional={**dict.fromkeys(NAMES, objects | values), **dict.fromkeys(NUMBERS, numbers)},
)
speaking = pytest.mark.parametrize("surface", SPEAKING, ids=lambda surface: surface.name)


def asked(surface: Surface) -> Query:
    query = read(surface, {"model": "m", surface.judged_field: [{"role": "user", "content": "hi"}], "prompt": "hi"})
    assert query is not None
    return query


@speaking
@given(st.lists(events | values, max_size=6))
def test_any_answer_is_read_or_not_and_ended(surface: Surface, found: list[Any]) -> None:
    answer, writer = surface.answer(), surface.writer(asked(surface), created=1)
    assert answer is not None
    for data in map(orjson.dumps, found):
        added = answer.feed(data)
        assert added is None or all(isinstance(text, str) for _, text in added.pieces)
        assert surface.tokens([data]) >= 0
        writer.follow(data)
    ending = [line[6:] for line in (writer.delta("no") + writer.closing("content_filter")).splitlines()]
    assert all(isinstance(orjson.loads(data), dict) for data in ending if data.startswith(b"{"))
    assert all(answer.texts.values())


@speaking
@pytest.mark.parametrize("opening", [b"[", b'{"content":'])
@pytest.mark.parametrize("deep", [150, 400, 900])
def test_one_that_is_nested_too_deeply_cannot_be_read(surface: Surface, opening: bytes, deep: int) -> None:
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * deep + b"1" + closing * deep
    data = b'{"type":"message","output":[%s],"choices":[%s],"content":[%s]}' % (nested, nested, nested)
    answer, writer = surface.answer(), surface.writer(asked(surface), created=1)
    assert answer is not None
    assert answer.feed(data) is None
    assert surface.tokens([data]) > 0
    writer.follow(data)
    assert writer.delta("no") + writer.closing("content_filter")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("messages", {"type": "content_block_start", "content_block": {"type": "thinking"}}),
        ("responses", {"type": "response.output_item.added", "item": {"type": "reasoning", "id": "r"}}),
    ],
)
def test_behind_a_number_that_has_no_next_one_an_end_is_written(name: str, kind: dict[str, Any]) -> None:
    surface = next(one for one in SPEAKING if one.name == name)
    writer = surface.writer(asked(surface), created=1)
    writer.follow(orjson.dumps({**kind, **dict.fromkeys(NUMBERS, 2**64 - 1)}))
    assert writer.delta("no") + writer.closing("content_filter")
