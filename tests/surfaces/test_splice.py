"""One member of an object is changed and every other byte stays."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.surfaces.splice import members, prepended, prepended_member, replaced

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(st.text(max_size=8), values, min_size=1, max_size=6)
spacing = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")])


def written(value: Any, space: tuple[str, str], *, ascii_only: bool) -> bytes:
    return json.dumps(value, separators=space, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


@given(objects, spacing, st.booleans())
def test_members_are_found_where_they_stand(value: dict[str, Any], space: tuple[str, str], ascii_only: bool) -> None:
    raw = written(value, space, ascii_only=ascii_only)
    found = {name: json.loads(raw[start:end]) for name, (start, end) in members(raw).items()}
    assert found == value


@given(objects, spacing, st.data())
def test_a_replaced_member_is_the_only_difference(value: dict[str, Any], space: tuple[str, str], data: Any) -> None:
    raw, name = written(value, space, ascii_only=True), data.draw(st.sampled_from(sorted(value)))
    start, end = members(raw)[name]
    assert replaced(raw, name, "new") == raw[:start] + b'"new"' + raw[end:]


@given(st.dictionaries(st.text(max_size=8), values, max_size=4), spacing)
def test_a_member_that_is_not_there_comes_first(value: dict[str, Any], space: tuple[str, str]) -> None:
    value.pop("model", None)
    made = prepended_member(written(value, space, ascii_only=True), "model", "m")
    assert list(json.loads(made).items()) == [("model", "m"), *value.items()]


def test_an_item_is_put_before_a_list() -> None:
    raw = b'{"a": {"messages": [1]}, "m\\u0065ssages" : [ {"n": 1.0} ], "z": "}"}'
    assert prepended(raw, "messages", 0) == raw.replace(b': [ {"n"', b': [0, {"n"')
