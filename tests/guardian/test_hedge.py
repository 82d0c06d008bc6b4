"""A second call when the first is slow: one verdict, the other call cancelled, within a budget."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.deadline import Deadline
from gateway.guardian.hedge import Budget, Hedged
from gateway.types import GuardianError, Outcome
from tests.guardian.parts import free_places
from tests.guardian.sources import PASSAGE, SAFE, Scripted, Step, error, hang, meter
from tests.guardian.test_judge import HARMFUL_QUERY, HARMLESS_QUERY
from tests.servers import GuardianScript, Received, running, serving, settings, upstream_handler


def rich() -> Budget:
    budget = Budget(1.0)
    budget.saved = 10.0
    return budget


def hedged(*steps: Step, budget: Budget | None = None) -> tuple[Hedged, Scripted]:
    source = Scripted(list(steps))
    return Hedged(source, after=0.01, budget=budget or rich(), meter=meter()[0]), source


async def failing_later(deadline: Deadline) -> Outcome:
    await asyncio.sleep(0.03)
    return error("unavailable")


async def ask(one: Hedged) -> Outcome:
    return (await one.ask(PASSAGE, Deadline.within(5))).outcome


async def test_the_second_call_wins_when_the_first_hangs() -> None:
    one, source = hedged(hang, SAFE)
    assert await ask(one) == SAFE
    assert (source.calls, source.cancelled) == (2, 1)


async def test_a_quick_call_is_not_doubled() -> None:
    one, source = hedged(SAFE)
    assert await ask(one) == SAFE
    assert source.calls == 1


@pytest.mark.parametrize("steps", [(failing_later, failing_later, SAFE), (failing_later, error("timeout"), SAFE)])
async def test_an_error_wins_only_when_both_fail_and_then_it_is_the_first_ones(steps: tuple[Step, ...]) -> None:
    one, source = hedged(*steps)
    assert await ask(one) == error("unavailable")
    assert source.calls == 2


async def test_an_error_of_one_waits_for_the_verdict_of_the_other() -> None:
    async def slow(deadline: Deadline) -> Outcome:
        await asyncio.sleep(0.1)
        return SAFE

    one, _ = hedged(failing_later, slow)
    assert await ask(one) == SAFE


async def test_a_call_over_the_budget_is_not_doubled() -> None:
    one, source = hedged(failing_later, budget=Budget(0.1))
    for _ in range(5):
        await ask(one)
    assert source.calls == 5


@given(st.floats(0.01, 1.0), st.lists(st.booleans(), max_size=300))
def test_no_more_than_its_share_of_calls_is_doubled(share: float, slow: list[bool]) -> None:
    budget, doubled = Budget(share), 0
    for number, one in enumerate(slow, 1):
        budget.earn()
        doubled += one and budget.spend()
        assert doubled <= share * number + 1e-9


async def test_when_the_query_is_cancelled_both_calls_are() -> None:
    one, source = hedged(hang)
    task = asyncio.ensure_future(ask(one))
    while source.calls < 2:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert source.cancelled == 2


async def test_the_connection_of_the_call_that_is_too_late_is_closed() -> None:
    arrived = 0
    script = GuardianScript()

    async def first_hangs(request: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        arrived += 1
        if arrived == 1:
            await asyncio.sleep(60)
        await script(request, writer)

    async with running(upstream_handler) as up, running(first_hangs) as guard:
        own = {"base_url": guard.base_url, "hedge_seconds": 0.02, "hedge_share": 1.0, "deadline_seconds": 10}
        async with serving(settings(up, guard, guardians={"default": own})) as given:
            guardian = given.gateway.guardians["default"]
            before = free_places(guardian)
            judgement = await guardian.judge(HARMFUL_QUERY)
            await asyncio.wait_for(guard.received[0].disconnected.wait(), 5)
            assert free_places(guardian) == before - 1
            await judgement.aclose()
            await (await guardian.judge(HARMLESS_QUERY)).aclose()
            assert free_places(guardian) == before
            counted = given.gateway.metrics.render()[0].decode()
    assert not isinstance(judgement.outcome, GuardianError)
    assert 'gateway_guardian_hedges_total{guardian="default",result="won"} 1.0' in counted
    assert 'gateway_guardian_calls_total{guardian="default",result="cancelled"} 1.0' in counted
