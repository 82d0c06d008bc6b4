"""Lists of words and parts, searched bit by bit, find what a plain search finds."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.patterns import PIECE, containing, holding_words

signs = st.text(alphabet="ab _한", min_size=1, max_size=4)
texts = st.lists(st.text(alphabet="ab _한\n", max_size=9), max_size=4)


@given(st.lists(signs, min_size=1, max_size=5), texts, st.integers(-6, 6))
def test_a_search_in_bits_is_a_search(parts: list[str], around: list[str], shift: int) -> None:
    text = "-" * (PIECE + shift) + "".join(around)
    words = [rf"(?<![\w]){re.escape(part)}(?![\w])" for part in parts]
    assert containing(parts)(text) == any(part in text for part in parts)
    assert holding_words(parts)(text) == any(re.search(word, text) for word in words)


def test_half_a_surrogate_does_not_stop_a_search() -> None:
    assert holding_words(["blue", "bird"])("\udcff blue")
    assert containing(["blue", "bird"])("\udcff bluebird")
