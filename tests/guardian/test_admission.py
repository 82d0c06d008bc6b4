"""So many at a time, so many in line, and the rest refused at once; a place is free again however it ended."""

from __future__ import annotations

import asyncio

import pytest

from gateway.guardian.admission import Admission
from gateway.guardian.deadline import Deadline
from gateway.types import GuardianError, Outcome, Verdict
from tests.guardian.parts import free_places
from tests.guardian.sources import PASSAGE, SAFE, Scripted, Step, error, meter
from tests.guardian.test_judge import HARMFUL_QUERY
from tests.servers import GuardianScript, stack


class Gate:
    """Calls that wait until the test opens it, and how many there were at most."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.inside = self.most = 0

    async def __call__(self, deadline: Deadline) -> Outcome:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.open.wait()
        self.inside -= 1
        return SAFE


def admission(*steps: Step, places: int, queue: int) -> tuple[Admission, Scripted]:
    source = Scripted(list(steps))
    return Admission("model", source, places=places, queue=queue, meter=meter()[0]), source


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_more_than_the_places_wait_and_more_than_the_line_are_refused_at_once() -> None:
    gate = Gate()
    counted, seen = meter()
    one = Admission("model", Scripted([gate]), places=2, queue=3, meter=counted)
    calls = [asyncio.ensure_future(one.ask(PASSAGE, Deadline.within(30))) for _ in range(7)]
    await turns()
    refused = [call.result().outcome for call in calls if call.done()]
    assert [(e.kind, e.retry_after) for e in refused if isinstance(e, GuardianError)] == [("overloaded", 1.0)] * 2
    assert (seen("waiting"), seen("shed")) == ({("model",): 3}, {("model",): 2})
    gate.open.set()
    outcomes = [(await call).outcome for call in calls]
    assert (outcomes.count(SAFE), gate.most, seen("waiting")) == (5, 2, {("model",): 0})


async def test_those_in_line_are_served_in_the_order_in_which_they_came() -> None:
    gate, order = Gate(), []
    one, _ = admission(gate, places=1, queue=5)

    async def ask(number: int) -> None:
        await one.ask(PASSAGE, Deadline.within(30))
        order.append(number)

    calls = [asyncio.ensure_future(ask(number)) for number in range(5)]
    await turns()
    gate.open.set()
    await asyncio.gather(*calls)
    assert order == [0, 1, 2, 3, 4]


async def test_waiting_counts_against_the_deadline() -> None:
    one, source = admission(Gate(), places=1, queue=5)
    first = asyncio.ensure_future(one.ask(PASSAGE, Deadline.within(30)))
    await turns()
    late = (await one.ask(PASSAGE, Deadline.within(0.02))).outcome
    first.cancel()
    assert isinstance(late, GuardianError)
    assert (late.kind, source.calls, one.waiting) == ("timeout", 1, 0)


async def test_who_leaves_the_line_takes_no_place() -> None:
    gate = Gate()
    one, _ = admission(gate, places=1, queue=5)
    calls = [asyncio.ensure_future(one.ask(PASSAGE, Deadline.within(30))) for _ in range(3)]
    await turns()
    calls[1].cancel()
    calls[0].cancel()
    await turns()
    gate.open.set()
    assert (await calls[2]).outcome == SAFE
    assert (one.waiting, one.free._value) == (0, 1)


@pytest.mark.parametrize("outcome", [SAFE, error("timeout")])
async def test_a_place_is_free_again_after_every_outcome(outcome: Outcome) -> None:
    one, _ = admission(outcome, places=1, queue=0)
    for _ in range(3):
        assert (await one.ask(PASSAGE, Deadline.within(1))).outcome == outcome
    await one.forced(PASSAGE, Deadline.within(1))
    assert one.free._value == 1


async def test_a_judgement_keeps_its_place_until_its_answer_is_closed() -> None:
    async with stack(guardian=GuardianScript(between_tokens=0.01)) as running:
        guardian = running.gateway.guardians["default"]
        before = free_places(guardian)
        judgement = await guardian.judge(HARMFUL_QUERY)
        assert isinstance(judgement.outcome, Verdict)
        assert free_places(guardian) == before - 1
        await judgement.aclose()
        await judgement.aclose()
        assert free_places(guardian) == before


async def test_a_forced_answer_keeps_its_place_until_it_is_closed() -> None:
    async with stack(guardian=GuardianScript(between_tokens=0.01)) as running:
        guardian = running.gateway.guardians["default"]
        before = free_places(guardian)
        answer = await guardian.forced(HARMFUL_QUERY)
        assert not isinstance(answer, GuardianError)
        assert free_places(guardian) == before - 1
        await answer.aclose()
        assert free_places(guardian) == before
