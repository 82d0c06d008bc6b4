"""Whatever JSON a caller sends to whatever surface: it is read or refused, and what was read can be answered."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestError
from gateway.surfaces.served import surfaces
from gateway.surfaces.surface import Surface
from gateway.types import Arrival, Query

NAMES = (
    *("type", "role", "content", "text", "input", "id", "source", "data", "output", "summary", "name", "arguments"),
    *("function", "tool_calls", "citations", "tool_use_id", "variables", "format", "index", "message", "delta"),
)
KINDS = (
    *("text", "input_text", "image", "document", "tool_use", "tool_result", "thinking", "message", "reasoning"),
    *("function_call", "function_call_output", "item_reference", "code_interpreter_call"),
)
ROLES = ("user", "assistant", "system", "tool")
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=9)
)
values = st.recursive(
    scalars | st.sampled_from((*KINDS, *ROLES)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
blocks = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS) | st.sampled_from([[], {}, None, 1])},
    optional={name: st.text(max_size=9) | values for name in NAMES[3:8]},
)
turns = st.fixed_dictionaries(
    {"role": st.sampled_from(ROLES), "content": st.text(max_size=9) | st.lists(blocks, max_size=3)}
)
served = pytest.mark.parametrize("surface", surfaces(), ids=lambda surface: surface.name)


def read(surface: Surface, body: dict[str, Any]) -> Query | None:
    try:
        return surface.read(orjson.dumps(body), {}, Arrival("r"))
    except RequestError:
        return None


@served
@given(
    asked=st.lists(turns, min_size=1, max_size=2) | st.lists(blocks, max_size=3) | values,
    more=st.dictionaries(st.sampled_from(NAMES), values, max_size=3),
)
def test_any_body_is_read_or_refused(surface: Surface, asked: object, more: dict[str, Any]) -> None:
    query = read(surface, {"model": "m", **more, surface.judged_field: asked})
    if query is None:
        return
    surface.without_effects(query)
    if surface.speaks:
        assert orjson.loads(surface.completion(query, "no", "content_filter", created=1))
        writer = surface.writer(query, created=1)
        assert writer.opening() + writer.delta("no") + writer.closing("content_filter")
