"""Whatever the text is: the raw text first, four readings at most, no longer than said, and the same every time."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.evasion import View, views
from gateway.evasion.views import ROOM
from tests.evasion.disguises import DISGUISES

LATIN_AND_KOREAN = st.text(st.sampled_from("abehkmot .-?10=%\\&#;ㄱㅏ가탄а\u200b\u0301\U000e0061\ufe0f\n"))
WRITTEN = st.one_of(st.text(), LATIN_AND_KOREAN)
ENCODINGS = [name for name, (_, languages) in DISGUISES.items() if "ko" in languages and "en" in languages]


def check(text: str) -> None:
    found = views(text)
    assert found[0] == View(text)
    assert len(found) <= 4
    assert len({view.text for view in found}) == len(found)
    assert all(view.techniques == tuple(sorted(set(view.techniques))) != () for view in found[1:])
    assert all(len(view.text) <= 3 * len(text) + ROOM for view in found)
    assert views(text) == found


@given(WRITTEN)
@settings(max_examples=400)
def test_any_text(text: str) -> None:
    check(text)


@given(WRITTEN, st.lists(st.sampled_from(ENCODINGS), max_size=3))
@settings(max_examples=300)
def test_any_text_in_any_disguises(text: str, names: list[str]) -> None:
    for name in names:
        disguise, _ = DISGUISES[name]
        text = disguise(text)
    check(text)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_in_codes(data: bytes) -> None:
    check(f"a {base64.b64encode(data).decode()} b {data.hex()} c {base64.b64encode(gzip.compress(data)).decode()}")


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800", "a\ud800\u200bb", "\x00", "=", "%", "&#;", "\\u", "\\ud800\\u0061\\u0062bc"]
)
def test_odd_texts(text: str) -> None:
    check(text)


@given(WRITTEN)
@settings(max_examples=200)
def test_the_last_reading_has_little_more_to_say(text: str) -> None:
    """Reading a reading again ends: what comes out of it is at most as long."""
    last = views(text)[-1].text
    assert all(len(view.text) <= len(last) + 1 for view in views(last))
