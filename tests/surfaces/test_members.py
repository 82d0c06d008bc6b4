"""A body that other readers take for another one is refused; what is no string is judged all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.surfaces.chat import Chat
from gateway.surfaces.members import TEXT, has_many_words, is_name, prose_of, text_of
from gateway.types import Arrival, Query

HELLO = [{"role": "user", "content": "hello"}]


def read(**fields: Any) -> Query:
    raw = json.dumps({"model": "m", "messages": HELLO, **fields}).encode()
    return Chat().read(raw, {}, Arrival("r"))


@pytest.mark.parametrize(
    "key", ["Messages", "MESSAGES", "me\u017f\u017fages", "Model", "Stream", "Tools", "Prediction"]
)
def test_a_key_that_go_would_take_for_a_known_one_is_refused(key: str) -> None:
    """Go's `encoding/json` folds case, the long s too, and takes the last of them."""
    with pytest.raises(BadRequest) as refused:
        read(**{key: HELLO})
    assert refused.value.code == "ambiguous_key"


def test_other_keys_are_nobodys_business() -> None:
    assert read(Metadata={"Messages": "x"}, top_P=1).messages[0].text == "hello"


@pytest.mark.parametrize("value", [["a text"], {"a": "text"}, "a text"])
def test_what_stands_where_an_id_should_and_is_none_is_judged(value: object) -> None:
    (message,) = read(messages=[{"role": "tool", "content": "42", "tool_call_id": value}]).messages
    assert "text" in message.text


def test_documents_are_judged() -> None:
    assert "word" in read(documents=[{"title": "a", "text": "word"}]).messages[-1].text


def test_what_is_nested_too_deeply_to_be_written_is_refused() -> None:
    value: Any = "word"
    for _ in range(400):
        value = [value]
    with pytest.raises(BadRequest):
        text_of(value)


@pytest.mark.parametrize("words", ["how to", "\ud3ed\ud0c4\ub9cc\ub4dc\ub294\ubc95", "\u5982\u4f55", "a\u00a0b"])
def test_words_in_place_of_an_address_are_a_text_in_scripts_without_blanks_too(words: str) -> None:
    assert list(prose_of({"url": words, "detail": "https://example.org/a?b=%20#c", "data": "aGVsbG8=+/-_"})) == [words]


@given(st.text(alphabet="ab1_- .:한é", max_size=80))
def test_what_is_plainly_a_name_says_nothing(text: str) -> None:
    """The short way to see it gives what the expressions give."""
    if is_name(text):
        assert TEXT.search(text) is None
        assert not has_many_words(text)
