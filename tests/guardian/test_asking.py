"""Families over real sockets: several questions for one verdict, a service that does not stream, a label that is read
before the model has ended.
"""

from __future__ import annotations

import asyncio
import json
from math import log
from typing import Any

import pytest

from gateway.assembly.guardians import open_guardian
from gateway.guardian.family import families
from gateway.observe.metrics import Metrics
from gateway.settings import GuardianSettings
from gateway.types import GuardianError, Message, Outcome, Passage, Verdict
from tests.servers import (
    EVENTS_HEAD,
    FakeServer,
    Handler,
    Received,
    chunk,
    completion_chunk,
    event,
    response,
    running,
    vllm_event,
)

QUERY = Passage((Message("user", ("hello",)),))


async def outcome(family: str, handler: Handler, **more: Any) -> tuple[Outcome, FakeServer]:
    async with running(handler) as server:
        settings = GuardianSettings(family=family, base_url=server.base_url, model="m", **more)
        guardian = open_guardian("default", settings, families(), Metrics().guardian)
        judgement = await guardian.judge(QUERY)
        await judgement.aclose()
        await guardian.aclose()
    return judgement.outcome, server


def scorer(answers: dict[str, str]) -> Handler:
    """ShieldGemma as a server streams it: the answer to each principle, `No` where none is given."""

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        said = next((word for words, word in answers.items() if words in request.json["prompt"]), "No")
        top = {said: log(0.75)} | ({"Yes": log(0.2)} if said == "No" else {})
        writer.write(EVENTS_HEAD + chunk(vllm_event(said, top, "length")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        await writer.drain()

    return handle


async def test_four_principles_are_asked_about_and_one_no_is_not_enough() -> None:
    judged, server = await outcome("shieldgemma", scorer({"No Hate Speech": "Yes"}))
    assert isinstance(judged, Verdict)
    assert (judged.label, judged.categories, judged.score) == ("unsafe", ("hate",), pytest.approx(1.0))
    asked = [request.json["prompt"] for request in server.received]
    assert len(asked) == len({prompt.split("* ")[1] for prompt in asked}) == 4
    assert {prompt.split("* ")[0] for prompt in asked} == {asked[0].split("* ")[0]}


async def test_four_times_no_is_safe_with_the_highest_score() -> None:
    judged, _ = await outcome("shieldgemma", scorer({}))
    assert isinstance(judged, Verdict)
    assert (judged.label, judged.categories, judged.score) == ("safe", (), pytest.approx(0.2 / 0.95))


async def test_a_principle_that_was_not_answered_is_an_error_and_not_safe() -> None:
    judged, _ = await outcome("shieldgemma", scorer({"No Harassment": "Maybe"}))
    assert isinstance(judged, GuardianError)
    assert judged.kind == "unparseable"


async def test_a_principle_that_was_not_answered_does_not_undo_another_one() -> None:
    judged, _ = await outcome("shieldgemma", scorer({"No Harassment": "Maybe", "No Dangerous Content": "Yes"}))
    assert isinstance(judged, Verdict)
    assert (judged.label, judged.categories) == ("unsafe", ("violence",))


def service(body: bytes) -> Handler:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(response(body))
        await writer.drain()

    return handle


def moderation(*, flagged: bool, score: float) -> bytes:
    result = {"flagged": flagged, "categories": {"illicit": flagged}, "category_scores": {"illicit": score}}
    return json.dumps({"id": "modr-1", "model": "m", "results": [result]}).encode()


@pytest.mark.parametrize(("flagged", "label", "categories"), [(True, "unsafe", ("crime",)), (False, "safe", ())])
async def test_a_service_that_does_not_stream(flagged: bool, label: str, categories: tuple[str, ...]) -> None:
    judged, server = await outcome("openai_moderation", service(moderation(flagged=flagged, score=0.25)))
    assert isinstance(judged, Verdict)
    assert (judged.label, judged.categories, judged.score) == (label, categories, 0.25)
    (request,) = server.received
    assert (request.target, request.json) == ("/v1/moderations", {"input": "hello", "model": "m"})


async def test_a_calibrated_score_decides_over_the_service_s_own_flag() -> None:
    told = moderation(flagged=False, score=0.25)
    judged, _ = await outcome("openai_moderation", service(told), calibration_intercept=9.0)
    assert isinstance(judged, Verdict)
    assert judged.label == "unsafe"


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[1]", moderation(flagged=True, score=7.0)])
async def test_a_body_that_is_no_moderation_is_unparseable(body: bytes) -> None:
    judged, _ = await outcome("openai_moderation", service(body))
    assert isinstance(judged, GuardianError)
    assert judged.kind == "unparseable"


async def test_safe_is_read_before_the_model_has_ended() -> None:
    """It would hang here otherwise: the end of its generation never comes."""

    async def never_ending(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS_HEAD)
        for text in ("", "\n\n", "safe"):
            logprobs = {"content": [{"token": text, "logprob": -0.1, "top_logprobs": [{"token": text, "logprob": 0}]}]}
            choice = {"index": 0, "delta": {"content": text}, "logprobs": logprobs, "finish_reason": None}
            writer.write(chunk(event({"choices": [choice]})))
        await writer.drain()
        await request.disconnected.wait()

    judged, _ = await outcome("llama_guard", never_ending, deadline_seconds=5)
    assert isinstance(judged, Verdict)
    assert (judged.label, judged.score) == ("safe", 0.0)


async def test_a_stream_that_breaks_before_its_codes_is_an_error() -> None:
    async def cut(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS_HEAD + chunk(completion_chunk({"content": "uns"})))
        await writer.drain()
        writer.transport.abort()

    judged, _ = await outcome("llama_guard", cut)
    assert isinstance(judged, GuardianError)
    assert judged.kind == "unavailable"
