"""The events that are written: alone they are a response of OpenAI's, behind an upstream's they go on with it."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent

from gateway.surfaces.moderation import moderation
from gateway.surfaces.responses.surface import Responses
from gateway.types import GuardianError, Verdict
from tests.policy.sets import query
from tests.surfaces.responses.spoken import Spoken

EVENTS = {get_args(one.model_fields["type"].annotation)[0]: one for one in get_args(get_args(ResponseStreamEvent)[0])}
"""OpenAI's own types, by the event's."""
JSON = {"text": {"format": {"type": "json_schema", "name": "city", "schema": {}}}}


def events(raw: bytes) -> list[dict[str, Any]]:
    """The data of every event; each names its type twice."""
    found = []
    for block in raw.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def written(finish: str = "stop", **body: Any) -> list[dict[str, Any]]:
    writer = Responses().writer(query(body={"model": "m", **body}), created=7)
    return events(writer.opening() + writer.delta("I'm ") + writer.delta("sorry.") + writer.closing(finish))


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in found]


def test_an_answer_is_opened_said_and_closed_from_the_inside_out() -> None:
    found = written()
    opened = ["created", "in_progress", "output_item.added", "content_part.added"]
    closed = ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert kinds(found) == [*opened, "output_text.delta", "output_text.delta", *closed]
    assert [event["sequence_number"] for event in found] == list(range(10))
    assert found[-1]["response"]["output"] == [found[-2]["item"]]
    assert found[-2]["item"]["content"] == [found[-3]["part"]]
    assert found[-3]["part"]["text"] == found[-4]["text"] == "I'm sorry."


@pytest.mark.parametrize("finish", ["stop", "content_filter"])
@pytest.mark.parametrize("body", [{}, JSON, {"instructions": "x", "tools": [], "metadata": {"a": "b"}}])
def test_every_event_is_one_that_openais_types_know(finish: str, body: dict[str, Any]) -> None:
    for event in written(finish, **body):
        EVENTS[event["type"]].model_validate(event)


@pytest.mark.parametrize("body", [{}, JSON])
@pytest.mark.parametrize("finish", ["stop", "content_filter"])
def test_a_body_is_what_a_stream_ends_with(finish: str, body: dict[str, Any]) -> None:
    given = query(body={"model": "m", **body})
    whole = json.loads(Responses().completion(given, "I'm sorry.", finish, created=7))
    assert whole == written(finish, **body)[-1]["response"]
    Response.model_validate(whole)


def test_a_refusal_is_incomplete_and_its_text_is_there() -> None:
    last = written("content_filter")[-1]
    response = last["response"]
    assert (last["type"], response["status"]) == ("response.incomplete", "incomplete")
    assert response["incomplete_details"] == {"reason": "content_filter"}
    assert response["output"][0]["content"][0]["text"] == "I'm sorry."


@pytest.mark.parametrize(
    "body", [JSON, {"tool_choice": "required"}, {"tool_choice": {"type": "function", "name": "f"}}]
)
def test_a_caller_that_wants_no_text_reads_a_refusal(body: dict[str, Any]) -> None:
    found = written(**body)
    assert [kind for kind in kinds(found) if "text" in kind] == []
    assert found[-1]["response"]["output"][0]["content"] == [{"type": "refusal", "refusal": "I'm sorry."}]


def test_what_the_caller_set_is_said_back_and_nothing_is_stored() -> None:
    body = {"instructions": "be kind", "temperature": 0.5, "metadata": {"a": "b"}, "store": True}
    response = written(**body, top_p=None)[-1]["response"]
    assert {**response, **body, "store": False, "top_p": 1.0} == response


VERDICTS = {"a": Verdict("a", "safe", (), 0.1), "b": Verdict("b", "unsafe", ("crime",), 0.9)}
FAILED = {"a": GuardianError("a", "timeout")}


def test_the_verdict_is_in_the_first_event_and_in_the_last_as_openai_tells_it() -> None:
    field = moderation({"input": VERDICTS, "output": FAILED}, "responses")
    writer = Responses().writer(query(body={}), created=7, moderation=field)
    found = events(writer.opening() + writer.closing("stop"))
    for event in (found[0], found[-1]):
        told = Response.model_validate(event["response"]).moderation
        assert told is not None
        assert told.input.type == "moderation_result"
        assert (told.input.model, told.input.flagged, told.input.category_scores) == (
            "b",
            True,
            {"crime": 0.9, "illicit": 0.9},
        )
        assert told.output.type == "error"


def behind(seen: list[dict[str, Any]], *words: str, **body: Any) -> list[dict[str, Any]]:
    writer = Responses().writer(query(body={"model": "m", **body}), created=7)
    for event in seen:
        writer.follow(json.dumps(event).encode())
    return events(b"".join([*map(writer.delta, words), writer.closing("content_filter")]))


def until(found: list[dict[str, Any]], kind: str, nth: int = 0) -> list[dict[str, Any]]:
    """The events up to this one."""
    at = [i for i, event in enumerate(found) if event["type"] == f"response.{kind}"][nth]
    return found[: at + 1]


def test_words_go_on_in_the_part_that_is_open() -> None:
    seen = until(Spoken().all("It is long."), "output_text.delta", 1)
    found = behind(seen, "\n\nSorry.")
    assert kinds(found) == [
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "incomplete",
    ]
    assert [event["sequence_number"] for event in found] == list(range(6, 11))
    assert found[0]["item_id"] == "msg_0"
    assert found[1]["text"] == "It is lo\n\nSorry."
    response = found[-1]["response"]
    assert (response["id"], response["model"]) == ("resp_up", "upstream-model")
    assert response["output"] == [found[-2]["item"]]
    assert response["output"][0]["content"][0]["text"] == "It is lo\n\nSorry."


def test_behind_reasoning_words_open_a_message_of_their_own() -> None:
    one = Spoken()
    seen = until([*one.begun(), *one.reasoning("Let me see.")], "reasoning_summary_text.delta")
    found = behind(seen, "Sorry.")
    assert kinds(found)[:3] == ["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"]
    assert kinds(found)[3:6] == ["output_item.added", "content_part.added", "output_text.delta"]
    reasoning, message = found[-1]["response"]["output"]
    assert reasoning["summary"] == [{"type": "summary_text", "text": "Let "}]
    assert (message["id"], message["content"][0]["text"]) == ("msg_r", "Sorry.")


def test_a_call_that_has_no_end_gets_none_and_one_that_has_stays() -> None:
    one = Spoken()
    done = [*one.begun(), *one.call('{"a": 1}')]
    seen = until([*done, *one.call('{"b": 2}', 1)], "function_call_arguments.delta", -1)
    found = behind(seen)
    assert kinds(found) == ["incomplete"]
    assert [item["arguments"] for item in found[-1]["response"]["output"]] == ['{"a": 1}']


def test_half_of_a_json_is_not_told_as_done_and_words_come_as_a_refusal() -> None:
    seen = until(Spoken(7).all('{"name": "Paris"}'), "output_text.delta")
    found = behind(seen, "Sorry.", **JSON)
    assert "output_text.done" not in kinds(found)
    half, refusal = found[-1]["response"]["output"]
    assert half["content"][0]["text"] == '{"name"'
    assert refusal["content"] == [{"type": "refusal", "refusal": "Sorry."}]


def test_behind_the_end_nothing_comes() -> None:
    assert behind(Spoken().all("It is long."), "Sorry.") == []


def test_what_was_never_opened_is_opened_first() -> None:
    assert kinds(behind([], "Sorry."))[:2] == ["created", "in_progress"]


@given(
    st.integers(0, 40), st.booleans(), st.sampled_from((("output_text", {}), ("refusal", {}), ("output_text", JSON)))
)
def test_wherever_it_is_stopped_what_is_opened_is_closed_and_what_was_said_is_there(
    cut: int, speaks: bool, how: tuple[str, dict[str, Any]]
) -> None:
    kind, body = how
    one = Spoken(3)
    whole = [
        *one.begun(),
        *one.reasoning("Let me see."),
        *one.message("It is long.", 1, kind),
        *one.message("More.", 2),
    ]
    seen = whole[: cut + 1]
    found = behind(seen, *(["Sorry."] if speaks else []), **body)
    every = [*seen, *found]
    assert [event["sequence_number"] for event in every] == list(range(len(every)))
    opened = {event["output_index"] for event in every if event["type"] == "response.output_item.added"}
    closed = [event["output_index"] for event in every if event["type"] == "response.output_item.done"]
    assert sorted(opened) == sorted(closed)
    pieces = "".join(event["delta"] for event in every if "delta" in event)
    output = found[-1]["response"]["output"]
    parts = [part for item in output for part in (*item.get("summary", ()), *item.get("content", ()))]
    assert "".join(part.get("text") or part.get("refusal") or "" for part in parts) == pieces
    for event in found:
        EVENTS[event["type"]].model_validate(event)
