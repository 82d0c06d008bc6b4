"""How a request for moderation is read, and how a verdict is told in OpenAI's categories."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some
from openai.types.moderation import Categories

from gateway.errors import BadRequest
from gateway.guardian.taxonomy import TAXONOMY
from gateway.surfaces.moderation import moderation
from gateway.surfaces.moderation_categories import OPENAI, THEIRS
from gateway.surfaces.moderations import MOST, Moderations, result
from gateway.types import Arrival, Label, Query, Verdict
from tests.servers import ROOT

NAME = re.compile(r"`([^`]+)`")

JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-9, 9) | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
PART = some.fixed_dictionaries(
    {"type": some.sampled_from(["text", "image_url", "poem"])}, optional={"text": some.text(max_size=9), "more": JSON}
)


def read(value: object, **fields: object) -> Query:
    return Moderations().read(json.dumps({"input": value, **fields}).encode(), {}, Arrival("r"))


@given(some.text(some.characters(exclude_categories=["Cs"])))
def test_a_string_is_one_input(text: str) -> None:
    assert [message.texts for message in read(text).messages] == [(text,)]


@given(some.lists(some.text(some.characters(exclude_categories=["Cs"])), min_size=1, max_size=9))
def test_of_a_list_each_string_is_one(texts: list[str]) -> None:
    assert [message.texts for message in read(texts).messages] == [(text,) for text in texts]


@given(some.lists(PART | JSON, max_size=4) | JSON)
def test_every_input_is_read_whole_or_refused(value: object) -> None:
    """What was read holds every text part, and what it does not hold of a picture is told."""
    try:
        query = read(value)
    except BadRequest:
        return
    parts = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    told = "".join(message.text for message in query.messages)
    assert all(part["text"] in told for part in parts if part.get("type") == "text")
    assert len(query.unscanned) == sum(part.get("type") == "image_url" for part in parts)
    assert query.messages


def test_parts_are_one_input() -> None:
    (message,) = read([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]).messages
    assert message.texts == ("a", "b")


@pytest.mark.parametrize("value", [None, [], {}, 1, [1], ["a", {"type": "text", "text": "b"}], ["a"] * (MOST + 1)])
def test_any_other_input_is_refused(value: object) -> None:
    with pytest.raises(BadRequest):
        read(value)


def test_every_category_of_ours_has_an_entry_and_every_name_is_one_of_theirs() -> None:
    assert set(TAXONOMY) == set(THEIRS)
    theirs = {field.alias or name for name, field in Categories.model_fields.items()}
    assert set(OPENAI) == theirs
    assert {name for names in THEIRS.values() for name in names} < theirs


@pytest.mark.parametrize("label", get_args(Label))
@pytest.mark.parametrize("score", [None, 0.7])
def test_a_label_is_told_and_only_what_is_flagged_is_true(label: Label, score: float | None) -> None:
    told = result(Verdict("g", label, ("hate",), score))
    true = {name for name, holds in told["categories"].items() if holds}
    assert true == (set() if label == "safe" else {"hate", "harassment", label})
    assert told["flagged"] is (label != "safe")
    assert {*OPENAI, *THEIRS} < told["categories"].keys() == told["category_scores"].keys()
    number = {"safe": 0.0, "controversial": 0.5, "unsafe": 1.0}[label] if score is None else score
    scores = {name for name, value in told["category_scores"].items() if value}
    assert scores == ({*true, "unsafe"} if number else set())
    assert told["category_scores"]["unsafe"] == number


def test_a_category_of_no_table_keeps_its_name() -> None:
    assert result(Verdict("g", "unsafe", ("off_topic",), 0.9))["categories"]["off_topic"] is True


def test_an_annotation_has_their_names_beside_ours() -> None:
    told = moderation({"input": {"g": Verdict("g", "unsafe", ("weapons",), 0.9)}})["input"]["results"][0]
    assert told["categories"] == {"weapons": True, "illicit": True, "illicit/violent": True}
    assert told["category_scores"] == dict.fromkeys(told["categories"], 0.9)


def test_the_page_has_the_table() -> None:
    page = (ROOT / "docs" / "how-to" / "moderations.md").read_text()
    rows = [line.split(" | ") for line in page.splitlines() if re.match(r"\| `\w+`.* \| (`|none)", line)]
    told = {ours: tuple(NAME.findall(theirs)) for first, theirs in rows for ours in NAME.findall(first)}
    assert {name: told[name] for name in THEIRS} == THEIRS
