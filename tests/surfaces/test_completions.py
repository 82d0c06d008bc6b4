"""Prompts without turns: what is judged of them, and how a safe response is told."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.surfaces.completions import MOST_CHOICES, Completions
from gateway.surfaces.surface import answer_texts
from gateway.types import Arrival, Query

SURFACE = Completions()


def read(**body: Any) -> Query:
    return SURFACE.read(orjson.dumps({"model": "m", **body}), {}, Arrival("r"))


def test_each_prompt_is_judged_as_a_text_of_its_own() -> None:
    assert [turn.texts for turn in read(prompt=["one", "two"], suffix="three").messages] == [
        ("one",),
        ("two",),
        ("three",),
    ]


@pytest.mark.parametrize("prompt", [[1, 2], [[1, 2], [3]], ["a", [1]]])
def test_token_numbers_have_a_name_for_policies(prompt: object) -> None:
    assert {one.name for one in read(prompt=prompt).unscanned} == {"tokens"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_input"),
        ({"prompt": ""}, "invalid_input"),
        ({"prompt": []}, "invalid_input"),
        ({"prompt": 5}, "invalid_type"),
        ({"prompt": [True]}, "invalid_type"),
        ({"prompt": [["a"]]}, "invalid_type"),
        ({"prompt": [[1, "a"]]}, "invalid_type"),
        ({"prompt": {"content": [{"type": "poem"}]}}, "unknown_content_part"),
        ({"prompt": "a", "PROMPT": "b"}, "ambiguous_key"),
        ({"prompt": "a", "stream": 1}, "invalid_type"),
    ],
)
def test_what_cannot_be_judged_is_refused(body: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**body)
    assert refused.value.code == code


MARK = "a marked text"
values = st.recursive(
    st.sampled_from([MARK, "x", 1, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["content", "text", "type"]), inner),
)


@given(st.dictionaries(st.sampled_from(["prompt", "suffix", "messages", "input", "documents"]), values, min_size=1))
def test_a_text_in_any_place_is_judged_or_refused(body: dict[str, Any]) -> None:
    try:
        query = read(**body)
    except BadRequest:
        return
    judged = sum(turn.text.count(MARK) for turn in query.messages)
    assert judged >= orjson.dumps(body).decode().count(MARK)


@pytest.mark.parametrize(
    ("body", "choices"),
    [
        ({"prompt": "a"}, 1),
        ({"prompt": "a", "n": 3}, 3),
        ({"prompt": ["a", "b"], "n": 2}, 4),
        ({"prompt": [1, 2, 3]}, 1),
        ({"prompt": [[1], [2]]}, 2),
    ],
)
def test_there_is_a_choice_for_each_that_was_asked_for(body: dict[str, Any], choices: int) -> None:
    query = read(**body)
    whole = json.loads(SURFACE.completion(query, "No.", "content_filter", created=1))
    assert (whole["object"], whole["id"]) == ("text_completion", "cmpl-r")
    assert [(one["index"], one["text"], one["finish_reason"]) for one in whole["choices"]] == [
        (i, "No.", "content_filter") for i in range(choices)
    ]
    writer = SURFACE.writer(query, created=1)
    raw = writer.opening() + writer.delta("No.") + writer.closing("stop")
    chunks = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: {")]
    assert [[one["text"] for one in chunk["choices"]] for chunk in chunks] == [
        [text] * choices for text in ("", "No.", "")
    ]
    assert raw.endswith(b"data: [DONE]\n\n")


def test_an_upstreams_choices_are_read() -> None:
    chunks = [{"choices": [{"index": 0, "text": piece, "logprobs": None}]} for piece in ("blue", "bird")]
    assert answer_texts(SURFACE, [orjson.dumps(chunk) for chunk in chunks]) == ("bluebird",)
    assert SURFACE.tokens([orjson.dumps(chunk) for chunk in chunks]) == 2


@pytest.mark.parametrize(
    ("prompt", "expected"), [("a", "Be brief.\n\na"), (["a", "b"], ["Be brief.\n\na", "Be brief.\n\nb"])]
)
def test_an_operators_words_come_before_each_prompt(prompt: object, expected: object) -> None:
    found = orjson.loads(SURFACE.rewritten(read(prompt=prompt, seed=1), "small", "Be brief."))
    assert found == {"model": "small", "prompt": expected, "seed": 1}


@pytest.mark.parametrize("prompt", [[1, 2], [[1], [2]], ["a", [1]]])
def test_token_numbers_take_no_words(prompt: object) -> None:
    with pytest.raises(BadRequest, match="send text"):
        SURFACE.rewritten(read(prompt=prompt), None, "Be brief.")


def test_effects() -> None:
    assert SURFACE.without_effects(read(prompt="a", suffix="b", max_tokens=3, best_of=2, echo=True))
    assert not SURFACE.without_effects(read(prompt="a", store=True))


def test_a_small_body_makes_no_answer_without_bounds() -> None:
    query = read(prompt=["a"] * 5_000, n=128, stream=True)
    assert len(json.loads(SURFACE.completion(query, "No.", "stop", created=1))["choices"]) == MOST_CHOICES
    assert len(SURFACE.writer(query, created=1).delta("No.")) < 512 * MOST_CHOICES


@pytest.mark.parametrize("name", ["multimodal_data", "image", "image_url"])
def test_a_prompt_that_holds_media_has_a_name_for_policies(name: str) -> None:
    query = read(prompt={"prompt_string": "look", name: ["aGk="]})
    assert [one.name for one in query.unscanned] == ["image"]
    assert "look" in query.messages[0].texts
