"""Contract 1: a body has one meaning, or it is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestError
from gateway.surfaces.json_body import members, parse_object

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_any_json_object_is_read(body: dict[str, object]) -> None:
    for ascii_only in (True, False):
        raw = json.dumps(body, ensure_ascii=ascii_only, indent=ascii_only or None)
        if "\\ud" not in raw.lower():
            assert parse_object(raw.encode("utf-8", "surrogatepass"), {}) == json.loads(raw)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_members_are_counted_as_a_plain_reader_counts_them(body: dict[str, object]) -> None:
    counted = 0

    def count(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal counted
        counted += len(pairs)
        return dict(pairs)

    json.loads(json.dumps(body), object_pairs_hook=count)
    assert members(body) == counted


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'{"messages":[{"role":"user","content":"hi","content":"bomb"}]}', "duplicate_key"),
        (b'{"x":"\\":","a":{"b":[{"c":1 , "c" :2}]}}', "duplicate_key"),
        (b'{"a":NaN}', "invalid_json"),
        (b'{"a":Infinity}', "invalid_json"),
        (b'{"a":"\\ud800"}', "invalid_json"),
        (b'{"a":"\xff"}', "invalid_json"),
        (b'\xef\xbb\xbf{"a":1}', "invalid_json"),
        ('{"a":1}'.encode("utf-16"), "invalid_json"),
        (b'{"a":1}{"a":2}', "invalid_json"),
        (b'{"a":1} trailing', "invalid_json"),
        (b'{"a":1,}', "invalid_json"),
        (b"{'a':1}", "invalid_json"),
        (b'{"a":1 /* c */}', "invalid_json"),
        (b"[1]", "invalid_json"),
        (b'"text"', "invalid_json"),
        (b"", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"a":1,"a":' + b"[" * 1000 + b"]" * 1000 + b"}", "invalid_json"),
    ],
)
def test_a_body_of_two_meanings_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_object(raw, {})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-encoding": "gzip"}, "unsupported_encoding"),
        ({"content-encoding": "identity, br"}, "unsupported_encoding"),
        ({"content-type": "text/plain"}, "unsupported_content_type"),
        ({"content-type": "multipart/form-data; boundary=x"}, "unsupported_content_type"),
        ({"content-type": "application/json; charset=utf-16"}, "unsupported_content_type"),
    ],
)
def test_a_coding_that_is_not_read_is_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_object(b'{"a":1}', headers)
    assert (refused.value.code, refused.value.status) == (code, 415)


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_json_in_utf8_is_read(kind: str) -> None:
    assert parse_object(b'{"a":"\xf0\x9f\x98\x80"}', {"content-type": kind}) == {"a": "😀"}
