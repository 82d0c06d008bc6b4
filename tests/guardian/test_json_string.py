"""A JSON string is decoded as it comes, cut anywhere, exactly as `json` decodes it whole."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.json_string import JsonString

TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from('"\\/\n\ud83d\ude00\ud800\udc00😀ux0')), max_size=30
)
CUTS = st.lists(st.integers(0, 400), max_size=12)
INSIDE = st.lists(st.sampled_from(['\\"', "\\\\", "\\/", "\\n", "\\u", "d83d", "\\uDE00", "\\ud83D", "00e9", "é", "x"]))


def decoded(text: str, cuts: list[int]) -> tuple[str, JsonString]:
    string = JsonString()
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(bounds)]
    return "".join(string.feed(piece) for piece in pieces if not string.closed), string


def encodable(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@given(TEXTS, CUTS, st.booleans(), st.text(max_size=5))
def test_it_is_what_json_says(text: str, cuts: list[int], ascii_only: bool, after: str) -> None:
    quoted = json.dumps(text, ensure_ascii=ascii_only)
    found, string = decoded(quoted[1:] + after, cuts)
    assert (encodable(found), string.closed) == (encodable(json.loads(quoted)), True)


@given(INSIDE, CUTS)
def test_any_mix_of_escapes_is_what_json_says(parts: list[str], cuts: list[int]) -> None:
    inside = "".join(parts)
    try:
        expected = json.loads(f'"{inside}"')
    except json.JSONDecodeError:
        return
    assert decoded(inside + '"', cuts)[0] == encodable(expected)


@given(st.text(max_size=40), CUTS)
def test_what_is_no_json_ends_all_the_same(text: str, cuts: list[int]) -> None:
    found, string = decoded(text + '""', cuts)
    assert string.closed
    assert len(found) <= len(text) + 1


@pytest.mark.parametrize("cut", ["\\", "\\u", "\\u00", "\\ud83d", "\\ud83d\\", "\\ud83d\\ude0"])
def test_a_cut_escape_waits(cut: str) -> None:
    string = JsonString()
    assert (string.feed("a" + cut), string.feed("")) == ("a", "")


def test_nothing_after_the_closing_quote_is_read() -> None:
    string = JsonString()
    assert (string.feed('No."}'), string.closed) == ("No.", True)
    assert string.feed("more") == ""
