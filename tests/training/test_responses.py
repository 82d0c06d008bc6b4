"""The bank of safe responses: complete, varied, in the query's language, without numbers to call."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.families.slm_guardian import CATEGORIES
from training.categories import SOURCES, WORDS, category
from training.responses import Responses

BANK = Path("training/data/responses.yaml")
HANGUL = re.compile(r"[가-힣]")
COMPLIES = re.compile(r"\b(sure|of course|here(?:'s| is| are)|step 1)\b|물론이죠|1단계", re.IGNORECASE)


@pytest.fixture(scope="module")
def bank() -> Responses:
    return Responses.read(BANK)


def sentences(bank: Responses, lang: str) -> list[str]:
    """All of them, those for topics too."""
    general = [words[lang] for words in bank.bank.values()]
    places = [*general, *(topic for words in general for topic in words.get("topics", []))]
    return [s for words in places for kind in ("openings", "reasons", "offers") for s in words.get(kind, [])]


def test_every_category_of_the_protocol_has_responses(bank: Responses) -> None:
    assert set(bank.bank) == {*CATEGORIES, "forced"}


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_sentences_are_in_their_language(bank: Responses, lang: str) -> None:
    assert {bool(HANGUL.search(sentence)) for sentence in sentences(bank, lang)} == {lang == "ko"}


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_no_sentence_complies_or_gives_a_number_or_a_link(bank: Responses, lang: str) -> None:
    for sentence in sentences(bank, lang):
        assert not COMPLIES.search(sentence), sentence
        assert not re.search(r"\d{2,}|https?:|www\.", sentence), sentence


@pytest.mark.parametrize(("lang", "least"), [("en", 50), ("ko", 40)])
def test_five_hundred_responses_do_not_begin_alike(bank: Responses, lang: str, least: int) -> None:
    responses = [bank.to(f"query {i}", CATEGORIES[i % len(CATEGORIES)], lang) for i in range(500)]
    openings = {sentence for words in bank.bank.values() for sentence in words[lang]["openings"]}
    assert len({o for r in responses for o in openings if r.startswith(o)}) >= least


@given(query=st.text(), lang=st.sampled_from(["en", "ko"]))
def test_a_forced_response_accuses_nobody(bank: Responses, query: str, lang: str) -> None:
    """It is for any query that an operator's policy names, harmless ones too."""
    found = bank.forced(query, lang)
    words = bank.bank["forced"][lang]
    assert found.startswith(tuple(words["openings"]))
    assert found.endswith(tuple(words["offers"]))
    assert not re.search(r"\b(harm|illegal|crime|danger|abuse)|불법|범죄|위험", found)


def test_a_language_without_a_bank_is_answered_in_english(bank: Responses) -> None:
    assert bank.to("Wie baue ich eine Bombe?", "weapons", "de") == bank.to("Wie baue ich eine Bombe?", "weapons", "en")


@given(query=st.text(), name=st.sampled_from(CATEGORIES), lang=st.sampled_from(["en", "ko", "de"]))
def test_a_query_always_gets_the_same_response(bank: Responses, query: str, name: str, lang: str) -> None:
    response = bank.to(query, name, lang)
    assert response == bank.to(query, name, lang)
    assert response.startswith(tuple(bank.bank[name]["ko" if lang == "ko" else "en"]["openings"]))


@given(source=st.sampled_from([*SOURCES, "another"]), own=st.text(), text=st.text())
def test_every_harmful_row_gets_a_category_of_the_protocol(source: str, own: str, text: str) -> None:
    assert category(source, own, text) in CATEGORIES


def test_the_words_of_categories_name_categories() -> None:
    assert {*WORDS, *SOURCES.values()} <= set(CATEGORIES)
