"""Every family over its case file: what it asks, what it reads, and that garbage is never a verdict. A family without
cases fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.family import Completion, Reading, Token, Unparseable, families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.types import Message, Passage

CASES = Path(__file__).parent / "families"


def said(text: str) -> Passage:
    return Passage((Message("user", (text,)),))


def cases(kind: str) -> list[Any]:
    return list(named_cases(kind))


def named_cases(kind: str) -> Iterator[Any]:
    for name in sorted(families()):
        for i, case in enumerate(yaml.safe_load((CASES / f"{name}.yaml").read_text())[kind]):
            yield pytest.param(name, case, id=f"{name}-{i}")


def completion(case: dict[str, Any]) -> Completion:
    raw = case.get("tokens") or ([[case["text"], case["top"]]] if "top" in case else [])
    tokens = tuple(Token(text, {t: log(p) for t, p in top.items()}) for text, top in raw)
    return Completion(case["text"], tokens, case.get("finished", False))


@pytest.mark.parametrize(("name", "case"), cases("render"))
def test_it_asks(name: str, case: dict[str, Any]) -> None:
    (ask,) = families()[name].render(said(case["text"]), forced=case["forced"])
    expected = {key: case[key] for key in ("prompt", "messages") if key in case}
    assert ask.path == case["path"]
    assert {key: ask.body[key] for key in expected} == expected
    assert ask.body["temperature"] == 0


@pytest.mark.parametrize(("name", "case"), cases("parse"))
def test_it_reads(name: str, case: dict[str, Any]) -> None:
    reading = families()[name].parse(completion(case))
    assert isinstance(reading, Reading)
    assert (reading.label, list(reading.categories)) == (case["label"], case.get("categories", []))
    assert reading.score == (pytest.approx(case["score"]) if "score" in case else None)
    answer = None if reading.answer_at is None else case["text"][reading.answer_at :]
    assert answer == case.get("answer")


@pytest.mark.parametrize(("name", "case"), cases("more"))
def test_it_waits_for_more(name: str, case: dict[str, Any]) -> None:
    assert families()[name].parse(completion(case)) is None


@pytest.mark.parametrize(("name", "case"), cases("garbage"))
def test_garbage_is_an_error_value(name: str, case: dict[str, Any]) -> None:
    reading = families()[name].parse(completion(case))
    assert isinstance(reading, Unparseable)
    assert case["text"] == "" or case["text"] not in reading.detail


@given(st.sampled_from(sorted(families())), st.text())
def test_a_finished_text_is_read_or_unparseable(name: str, text: str) -> None:
    reading = families()[name].parse(Completion(text, (), True))
    assert isinstance(reading, Reading | Unparseable)


@pytest.mark.parametrize("name", sorted(families()))
def test_a_card_speaks_our_taxonomy(name: str) -> None:
    card = families()[name].CARD
    assert card.name == name
    assert set(card.categories.values()) <= set(TAXONOMY)


@given(st.sampled_from(sorted(families())), st.text(alphabet="<|>harmsafe_im_end\n", max_size=60))
def test_no_control_token_of_a_user_survives(name: str, text: str) -> None:
    empty = families()[name].render(said(""), forced=False)
    asked = families()[name].render(said(text), forced=False)
    assert str(asked).count("<|") == str(empty).count("<|")
