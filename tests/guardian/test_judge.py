"""One generation gives the verdict and the answer; policy may overrule the label without new weights."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.calibration import Platt
from gateway.guardian.deadline import Deadline
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.judge import Guardian
from gateway.types import Card, GuardianError, Message, Passage, Verdict
from tests.faults import FAULTS
from tests.guardian.parts import client_of, free_places
from tests.servers import (
    HARMFUL,
    SAFE_RESPONSE,
    GuardianScript,
    running,
    serving,
    settings,
    stack,
    upstream_handler,
    vllm_event,
)

HARMFUL_QUERY = Passage((Message("user", (f"a {HARMFUL} query",)),))
HARMLESS_QUERY = Passage((Message("user", ("hello",)),))
WORDS = "".join(SAFE_RESPONSE)


async def spoken(guardian: Guardian, *, forced: bool) -> str:
    if forced:
        answer = await guardian.forced(HARMLESS_QUERY)
    else:
        answer = (await guardian.judge(HARMFUL_QUERY)).answer
    assert answer is not None
    assert not isinstance(answer, GuardianError)
    text = "".join([piece async for piece in answer.pieces()])
    await answer.aclose()
    return text


@pytest.mark.parametrize("make_event", [GuardianScript.make_event, vllm_event])
async def test_the_score_is_read_from_the_first_tokens_logprobs(make_event: Any) -> None:
    async with stack(guardian=GuardianScript(make_event=make_event, harm=0.8)) as running:
        judgement = await running.gateway.guardians["default"].judge(HARMFUL_QUERY)
        await judgement.aclose()
    assert isinstance(judgement.outcome, Verdict)
    assert (judgement.outcome.label, judgement.outcome.categories) == ("unsafe", ("crime",))
    assert judgement.outcome.score == pytest.approx(0.8)


async def test_the_answer_is_the_rest_of_the_same_generation() -> None:
    async with stack() as running:
        assert await spoken(running.gateway.guardians["default"], forced=False) == WORDS
    assert len(running.guardian.received) == 1


async def test_a_safe_verdict_leaves_the_connection_for_the_next_query() -> None:
    async with stack() as running:
        guardian = running.gateway.guardians["default"]
        for _ in range(3):
            await guardian.judge(HARMLESS_QUERY)
            await asyncio.sleep(0.05)
    assert (len(running.guardian.received), running.guardian.opened) == (3, 1)


async def test_a_forced_label_gives_an_answer_to_a_safe_query() -> None:
    async with stack() as running:
        text = await spoken(running.gateway.guardians["default"], forced=True)
    assert text == WORDS
    assert running.guardian.received[0].json["prompt"].endswith("<|harm|>")


@pytest.mark.parametrize(("intercept", "label"), [("-9", "safe"), ("9", "unsafe")])
async def test_calibration_moves_the_verdict_and_not_the_weights(intercept: str, label: str) -> None:
    async with stack(guardian=GuardianScript(harm=0.6)) as running:
        guardian = running.gateway.guardians["default"]
        client = replace(client_of(guardian), calibration=Platt(1.0, float(intercept)))
        shifted = replace(guardian, source=client)
        judgement = await shifted.judge(HARMFUL_QUERY)
        await judgement.aclose()
    assert isinstance(judgement.outcome, Verdict)
    assert judgement.outcome.label == label


async def test_a_slot_is_free_again_however_a_judgement_ended() -> None:
    async with stack(guardian=GuardianScript(cut_after=1)) as running:
        guardian = running.gateway.guardians["default"]
        free = free_places(guardian)
        for query in (HARMFUL_QUERY, HARMLESS_QUERY, HARMFUL_QUERY):
            await (await guardian.judge(query)).aclose()
        assert free_places(guardian) == free


async def test_a_judgement_that_is_cancelled_frees_its_slot() -> None:
    async with stack(guardian=GuardianScript(before_label=30)) as running:
        guardian = running.gateway.guardians["default"]
        free = free_places(guardian)
        task = asyncio.ensure_future(guardian.judge(HARMLESS_QUERY))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert free_places(guardian) == free


@given(st.floats(0, 1), st.floats(0.1, 10), st.floats(-10, 10))
def test_a_calibrated_score_is_a_probability_and_keeps_the_order(score: float, slope: float, intercept: float) -> None:
    calibration = Platt(slope, intercept)
    assert 0 <= calibration.probability(score) <= 1
    assert calibration.probability(score) <= calibration.probability(min(1.0, score + 0.01)) + 1e-12


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_is_a_verdict_to_a_family_that_reads_to_the_end(fault: str) -> None:
    """`slm_guardian` sees by the first token what is no label; this one waits for lines that never come."""
    kind, handler = FAULTS[fault]
    own = {"family": "qwen3guard", "deadline_seconds": 0.4 if kind == "timeout" else 30}
    async with running(upstream_handler) as up, running(handler) as guard:
        guardians = {"default": {"base_url": guard.base_url, **own}}
        async with serving(settings(up, guard, guardians=guardians)) as given:
            judgement = await given.gateway.guardians["default"].judge(HARMLESS_QUERY)
    assert isinstance(judgement.outcome, GuardianError)
    assert judgement.outcome.kind == kind


@dataclass(frozen=True)
class Placeless:
    """A family that sees a verdict, and not where a response begins."""

    CARD: Card
    MARKERS: Sequence[str]
    asked: Callable[..., Sequence[Ask]]

    def render(self, passage: Passage, *, forced: bool) -> Sequence[Ask]:
        return self.asked(passage, forced=forced)

    def parse(self, completion: Completion) -> Reading | Unparseable | None:
        return Reading("unsafe") if completion.text else None


async def test_a_family_that_does_not_say_where_its_response_begins_writes_none() -> None:
    """What it says from its first sign on is a verdict: no client must read that as a response."""
    async with stack() as running:
        client = client_of(running.gateway.guardians["default"])
        family = Placeless(client.family.CARD, client.family.MARKERS, client.family.render)
        answer = await replace(client, family=family).forced(HARMLESS_QUERY, Deadline.within(5))
    assert isinstance(answer, GuardianError)
    assert answer.kind == "unparseable"
