"""Embeddings, scores and ranks: what they are asked is judged, and nothing can be said in their words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.surfaces.surface import answer_texts
from gateway.surfaces.wordless import ELSEWHERE, Wordless, wordless
from gateway.types import Arrival, Query

EMBEDDINGS, RERANK, SCORE = wordless()


def read(surface: Wordless, **body: Any) -> Query:
    return surface.read(orjson.dumps({"model": "m", **body}), {}, Arrival("r"))


def test_every_text_is_judged_by_itself() -> None:
    assert [one.text for one in read(EMBEDDINGS, input=["a", "b"]).messages] == ["a", "b"]
    assert [one.text for one in read(RERANK, query="a", documents=["b", {"text": "c"}]).messages] == ["a", "b", "c"]
    assert [one.text for one in read(SCORE, queries="a", documents=["b"]).messages] == ["a", "b"]
    turns = [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]
    assert [one.text for one in read(EMBEDDINGS, messages=turns).messages] == ["a", "b"]


@pytest.mark.parametrize("surface", wordless(), ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("value", "code"), [("", "invalid_input"), ([], "invalid_input"), (True, "invalid_type"), ([["a"]], "invalid_type")]
)
def test_what_holds_no_text_is_refused(surface: Wordless, value: object, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(surface, **{surface.judged_field: value})
    assert refused.value.code == code


MARK = "a marked text"
values = st.recursive(
    st.sampled_from([MARK, "x", 1, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["content", "text", "type"]), inner),
)
names = sorted({*ELSEWHERE, *SCORE.fields})


@pytest.mark.parametrize("surface", wordless(), ids=lambda one: one.name)
@given(body=st.dictionaries(st.sampled_from(names), values, min_size=1))
def test_a_text_in_any_place_is_judged_or_refused(surface: Wordless, body: dict[str, Any]) -> None:
    asked = {name: value for name, value in body.items() if name in (*surface.fields, *ELSEWHERE)}
    try:
        query = read(surface, **asked)
    except BadRequest:
        return
    judged = sum(turn.text.count(MARK) for turn in query.messages)
    assert judged >= orjson.dumps(asked).decode().count(MARK)


def test_the_model_is_rewritten_and_a_system_prompt_has_no_place() -> None:
    query = read(EMBEDDINGS, input="a")
    assert orjson.loads(EMBEDDINGS.rewritten(query, "small", None)) == {"model": "small", "input": "a"}
    with pytest.raises(BadRequest, match="system prompt"):
        EMBEDDINGS.rewritten(query, None, "Be brief.")


def test_numbers_are_not_read_as_an_answer() -> None:
    assert answer_texts(EMBEDDINGS, [b"{}"]) is None


def test_effects() -> None:
    assert EMBEDDINGS.without_effects(read(EMBEDDINGS, input="a", dimensions=3))
    assert not EMBEDDINGS.without_effects(read(EMBEDDINGS, input="a", store=True))
