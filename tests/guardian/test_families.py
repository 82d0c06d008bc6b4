"""Every family over its case file: what it asks, what it reads, and that garbage is never a verdict. A family without
cases fails.

A file has the lists `render`, `parse`, `more` and `garbage`, and `safe`: the regular expression that a text matches as
a whole if it may be read as safe; where that depends on the question, one for each `about`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from math import log
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.family import Ask, Completion, Reading, Token, Unparseable, families
from gateway.guardian.passages import neutralised
from gateway.guardian.taxonomy import TAXONOMY
from gateway.types import Message, Passage

CASES = Path(__file__).parent / "families"
FAMILIES = families()
NAMES = sorted(FAMILIES)
EXPECTED = ("prompt", "messages", "chat_template_kwargs", "input", "skip_special_tokens", "max_tokens")
"""Keys of a render case that are compared with those of the body."""


def said(text: str, answer: str | None = None) -> Passage:
    return Passage((Message("user", (text,)),), answer)


@cache
def case_file(name: str) -> Mapping[str, Any]:
    file: Mapping[str, Any] = yaml.safe_load((CASES / f"{name}.yaml").read_text())
    return file


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name}-{i}") for name in NAMES for i, case in enumerate(case_file(name)[kind])
    ]


def passage(case: dict[str, Any]) -> Passage:
    """`text` is one turn of the user's; `turns` are pairs of role and text; `answer` is the response that is judged."""
    turns = case.get("turns") or [["user", case["text"]]]
    return Passage(tuple(Message(role, (text,)) for role, text in turns), case.get("answer"))


def completion(case: dict[str, Any]) -> Completion:
    raw = case.get("tokens") or ([[case["text"], case["top"]]] if "top" in case else [])
    tokens = tuple(Token(text, {t: log(p) for t, p in top.items()}) for text, top in raw)
    return Completion(case["text"], tokens, case.get("finished", False), case.get("about", ""))


@pytest.mark.parametrize(("name", "case"), cases("render"))
def test_it_asks(name: str, case: dict[str, Any]) -> None:
    """`asks` is how many questions there are, `about` which of them is looked at: else the first."""
    asks = FAMILIES[name].render(passage(case), forced=case.get("forced", False))
    ask = next(ask for ask in asks if ask.about == case.get("about", asks[0].about))
    expected = {key: case[key] for key in EXPECTED if key in case}
    assert len(asks) == case.get("asks", 1)
    assert ask.path == case["path"]
    assert {key: ask.body[key] for key in expected} == expected
    assert not ask.streamed or ask.body["temperature"] == 0


@pytest.mark.parametrize(("name", "case"), cases("parse"))
def test_it_reads(name: str, case: dict[str, Any]) -> None:
    reading = FAMILIES[name].parse(completion(case))
    assert isinstance(reading, Reading)
    assert (reading.label, list(reading.categories)) == (case["label"], case.get("categories", []))
    assert reading.score == (pytest.approx(case["score"]) if "score" in case else None)
    answer = None if reading.answer_at is None else case["text"][reading.answer_at :]
    assert answer == case.get("answer")


@pytest.mark.parametrize(("name", "case"), cases("parse"))
def test_a_verdict_does_not_change_while_it_comes(name: str, case: dict[str, Any]) -> None:
    """Each beginning of a valid completion says nothing yet, or what the whole says."""
    for end in range(len(case["text"])):
        reading = FAMILIES[name].parse(completion({**case, "text": case["text"][:end], "finished": False}))
        assert reading is None or (isinstance(reading, Reading) and reading.label == case["label"])


@pytest.mark.parametrize(("name", "case"), cases("more"))
def test_it_waits_for_more(name: str, case: dict[str, Any]) -> None:
    assert FAMILIES[name].parse(completion(case)) is None


@pytest.mark.parametrize(("name", "case"), cases("garbage"))
def test_garbage_is_an_error_value(name: str, case: dict[str, Any]) -> None:
    reading = FAMILIES[name].parse(completion(case))
    assert isinstance(reading, Unparseable)
    assert case["text"] == "" or case["text"] not in reading.detail


def questions(name: str) -> set[str]:
    """The `about` of every question that the family asks."""
    asked = (FAMILIES[name].render(said("x", answer), forced=False) for answer in (None, "y"))
    return {ask.about for asks in asked for ask in asks}


def safe_shape(name: str, about: str) -> str:
    shape = case_file(name)["safe"]
    return str(shape[about] if isinstance(shape, dict) else shape)


def fragments(name: str) -> list[str]:
    """What its completions are made of, and what could be taken for it."""
    texts = [case["text"] for kind in ("parse", "garbage") for case in case_file(name)[kind]]
    pieces = {piece for text in texts for piece in re.findall(r"\w+|\s+|[^\w\s]+", text)}
    return sorted({*pieces, *texts, "ly", "un", "not ", " ", "\n", "No", "yes"})


@st.composite
def utterances(draw: st.DrawFn, name: str) -> Completion:
    """What a family's model may say, mostly of the words that it has."""
    text = draw(st.lists(st.sampled_from(fragments(name)), max_size=8).map("".join) | st.text())
    about = draw(st.sampled_from(sorted(questions(name))))
    return Completion(text, (), draw(st.booleans()), about)


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_a_text_is_read_as_safe_only_in_the_shape_of_it(name: str, data: st.DataObject) -> None:
    uttered = data.draw(utterances(name))
    reading = FAMILIES[name].parse(uttered)
    assert isinstance(reading, Reading | Unparseable) or not uttered.finished
    if isinstance(reading, Reading) and reading.label == "safe":
        assert re.fullmatch(safe_shape(name, uttered.about), uttered.text, re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_speaks_our_taxonomy(name: str) -> None:
    card = FAMILIES[name].CARD
    assert card.name == name
    assert set(card.categories.values()) <= set(TAXONOMY)
    assert set(card.judges) <= {"prompt", "response"}
    assert card.judges
    if "response" in card.judges:
        assert any("answer" in case for case in case_file(name)["render"])


def wordings(asks: object) -> Iterator[str]:
    """Every text in a question's body, its prompt or its messages."""
    if isinstance(asks, str):
        yield asks
    elif isinstance(asks, Ask):
        yield from wordings(asks.body)
    elif isinstance(asks, Mapping):
        yield from (text for value in asks.values() for text in wordings(value))
    elif isinstance(asks, list | tuple):
        yield from (text for value in asks for text in wordings(value))


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str]:
    """A family and a text that is made of its markers, of pieces of them, and of anything else."""
    name = draw(st.sampled_from(NAMES))
    markers = list(FAMILIES[name].MARKERS) or ["<|"]
    halves = [half for marker in markers for half in (marker[:1], marker[1:], marker[:-1], marker[-1:], marker.upper())]
    pieces = st.sampled_from([*markers, *halves, " ", "\n"]) | st.text(max_size=3)
    return name, draw(st.lists(pieces, max_size=12).map("".join))


@given(typed())
def test_no_marker_of_a_user_survives(typed: tuple[str, str]) -> None:
    """Whether it is in a query, in an answer or in what a tool returned."""
    name, text = typed
    family = FAMILIES[name]
    roles = ("user", "assistant", "tool")
    for answer in (None, "x"):
        plain = Passage(tuple(Message(role, ("x",)) for role in roles), answer)
        written = Passage(tuple(Message(role, (f"x{text}",)) for role in roles), answer and f"x{text}")
        for ask, expected in zip(family.render(written, forced=False), family.render(plain, forced=False), strict=True):
            for marker in (marker.lower() for marker in family.MARKERS):
                had = sum(wording.lower().count(marker) for wording in wordings(expected))
                assert sum(wording.lower().count(marker) for wording in wordings(ask)) == had


@given(typed())
def test_neutralising_touches_nothing_else_and_is_done_once(typed: tuple[str, str]) -> None:
    name, text = typed
    markers = FAMILIES[name].MARKERS
    broken = neutralised(text, markers)
    assert neutralised(broken, markers) == broken
    assert broken.replace(" ", "") == text.replace(" ", "")
    assert broken == text or any(marker.lower() in text.lower() for marker in markers)
    assert not any(marker.lower() in broken.lower() for marker in markers)


@given(typed())
def test_what_is_said_reaches_the_guardian_whole(typed: tuple[str, str]) -> None:
    name, text = typed
    family = FAMILIES[name]
    for one, words in ((said(f"x{text}"), f"x{text}"), (said("x", f"y{text}"), f"y{text}")):
        shown = neutralised(words, family.MARKERS).strip()
        for ask in family.render(one, forced=False):
            assert any(shown in wording for wording in wordings(ask))


@pytest.mark.parametrize("name", NAMES)
def test_a_turn_of_each_role_is_asked_about(name: str) -> None:
    """What a tool returned is judged like what a user says; an answer is judged where there is one."""
    turns = (Message("user", ("one",)), Message("assistant", ("two",)), Message("tool", ("three",)))
    (ask, *_) = FAMILIES[name].render(Passage(turns), forced=False)
    assert all(any(text in wording for wording in wordings(ask)) for text in ("one", "two", "three"))
    (ask, *_) = FAMILIES[name].render(Passage(turns, "four"), forced=False)
    assert any("four" in wording for wording in wordings(ask))
