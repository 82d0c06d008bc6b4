"""Harmless texts that look disguised: few have another reading, and none that says what they do not."""

from __future__ import annotations

import re
from typing import Any

import yaml

from gateway.evasion import views
from tests.evasion.disguises import FOLDER, seeds

MOST = 5
"""How many of them have another reading."""
WORD = re.compile(r"[a-z]{4,}|[가-힣]{2,}")
PLAIN_WORDS = """
about after background best business child computer does email encrypts every file from girl girlfriend give have hide
home instructions into kitchen knowing make making message messages money neighbor passes passport passwords plan
playground read school small someone tell that teach through what where wife wifi without write
"""


def lookalikes() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((FOLDER / "benign.yaml").read_text("utf-8"))
    return rows


def words(text: str) -> set[str]:
    return set(WORD.findall(text.lower()))


def test_there_are_enough() -> None:
    rows = lookalikes()
    assert len(rows) >= 80
    assert len({row["kind"] for row in rows}) >= 50


def test_few_have_another_reading() -> None:
    more = [(row["kind"], view.techniques) for row in lookalikes() for view in views(row["text"])[1:]]
    assert len({kind for kind, _ in more}) <= len(more) <= MOST, more


def test_no_reading_says_anything_harmful() -> None:
    harmful = set().union(*(words(text) for texts in seeds("harmful").values() for text in texts)) - words(PLAIN_WORDS)
    assert "bomb" in harmful
    assert "폭탄을" in harmful
    for row in lookalikes():
        for view in views(row["text"])[1:]:
            assert not (words(view.text) - words(row["text"])) & harmful, view
