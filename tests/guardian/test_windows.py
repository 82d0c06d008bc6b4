"""Nothing is cut away: every character is in a window, and what is not longer than the overlap lies whole in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.windows import overlap, windows

TEXTS = st.text(alphabet="ab \n한🙂", max_size=400)
SIZES = st.integers(8, 120)


def starts(text: str, size: int) -> list[tuple[int, str]]:
    """Each window with where it stands: a text whose characters all differ says so."""
    marks = "".join(chr(0x4E00 + i) if character not in " \n" else character for i, character in enumerate(text))
    found, at = [], 0
    for window in windows(marks, size):
        at = marks.index(window, at)
        found.append((at, text[at : at + len(window)]))
    return found


@given(TEXTS, SIZES)
def test_every_character_is_in_some_window(text: str, size: int) -> None:
    covered: set[int] = set()
    for at, window in starts(text, size):
        covered |= set(range(at, at + len(window)))
    assert covered == set(range(len(text)))


@given(TEXTS, SIZES, st.data())
def test_what_is_not_longer_than_the_overlap_is_whole_in_one_window(text: str, size: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    part = text[begin : begin + overlap(size)]
    assert any(at <= begin and begin + len(part) <= at + len(window) for at, window in starts(text, size))


@given(TEXTS, SIZES)
def test_no_window_is_longer_than_its_size_and_a_short_text_is_one(text: str, size: int) -> None:
    found = list(windows(text, size))
    assert all(len(window) <= size for window in found)
    assert (len(found) == 1) == (len(text) <= size)


@given(TEXTS, TEXTS, SIZES)
def test_a_text_that_grows_keeps_its_windows(text: str, more: str, size: int) -> None:
    assert list(windows(text + more, size))[: len(list(windows(text, size))) - 1] == list(windows(text, size))[:-1]


@given(SIZES)
def test_words_are_not_cut_where_there_are_blanks(size: int) -> None:
    words = "word " * 100
    assert all(window == "" or window.startswith("word") for window in windows(words, size * 10))


@pytest.mark.parametrize(("size", "shared"), [(8, 2), (400, 100), (1000, 200), (4000, 400)])
def test_windows_share_a_tenth_and_at_least_200_where_that_is_no_more_than_a_quarter(size: int, shared: int) -> None:
    assert overlap(size) == shared
