"""Every technique keeps to the protocol: it hints at all that it changes, and leaves plain text alone."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import re2

from gateway.evasion.technique import Technique, techniques
from tests.evasion.disguises import cases, written
from tests.evasion.test_lookalikes import lookalikes

ALL = techniques().all


def texts() -> Iterator[str]:
    for case in (*cases("harmful"), *cases("harmless"), *written()):
        yield case.disguised
    for row in lookalikes():
        yield row["text"]
    chance = random.Random(1)
    signs = "ab01 .-\n\u200b%+&#;\\uxㅏㄱ가힣аβ\u0301\U000e0041\ufe0f=/"
    for _ in range(3000):
        yield "".join(chance.choices(signs, k=30))


@pytest.mark.parametrize("technique", ALL, ids=lambda one: one.NAME)
def test_a_hint_is_in_every_text_that_is_changed(technique: Technique) -> None:
    hint, changed = re2.compile(technique.HINT), 0
    for text in texts():
        if technique.undo(text, lambda segment: segment or None) != text:
            changed += 1
            assert hint.search(text), text
    assert changed > 0


def test_names_are_their_own() -> None:
    assert len({one.NAME for one in ALL}) == len(ALL) > 15
    assert {one.STAGE for one in ALL} == {"signs", "codes", "words"}
