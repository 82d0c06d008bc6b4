"""What counts as a failure of an endpoint, what retries make of it, and what an open circuit answers."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from gateway.guardian.breaker import Breaker
from gateway.guardian.circuit import Circuit, Limits
from gateway.guardian.deadline import Deadline
from gateway.guardian.retrying import Retrying
from gateway.types import ERROR_KINDS, ErrorKind, GuardianError
from tests.guardian.sources import PASSAGE, SAFE, Scripted, error, meter

COUNTED: frozenset[ErrorKind] = frozenset({"timeout", "unavailable", "overloaded"})


def breaker(source: Scripted, in_a_row: int = 3) -> Breaker:
    return Breaker("model", source, Circuit(Limits(in_a_row=in_a_row)), meter()[0])


async def outcomes(source: Breaker | Retrying, times: int) -> list[object]:
    return [(await source.ask(PASSAGE, Deadline.within(5))).outcome for _ in range(times)]


@pytest.mark.parametrize("kind", ERROR_KINDS)
async def test_what_one_query_can_cause_does_not_switch_the_guardian_off(kind: ErrorKind) -> None:
    source = Scripted([error(kind)])
    await outcomes(breaker(source), 10)
    assert source.calls == (3 if kind in COUNTED else 10)


async def test_an_open_circuit_answers_at_once_and_says_when_to_come_again() -> None:
    source = Scripted([error("timeout")])
    *_, last = await outcomes(breaker(source), 4)
    assert isinstance(last, GuardianError)
    assert (last.kind, source.calls) == ("unavailable", 3)
    assert last.retry_after == pytest.approx(1.0, abs=0.5)


async def test_retries_neither_defeat_the_circuit_nor_repeat_its_refusal() -> None:
    source = Scripted([error("unavailable")])
    counted, seen = meter()
    retrying = Retrying(breaker(source, in_a_row=2), counted)
    first, second = await outcomes(retrying, 2)
    assert isinstance(first, GuardianError)
    assert isinstance(second, GuardianError)
    assert source.calls == 2
    assert seen("retries") == {("model",): 2}
    assert None not in (first.retry_after, second.retry_after)


async def test_the_query_that_opens_the_circuit_fails_as_the_guardian_did() -> None:
    source = Scripted([error("overloaded")])
    first, second = await outcomes(Retrying(breaker(source, in_a_row=1), meter()[0]), 2)
    assert isinstance(first, GuardianError)
    assert isinstance(second, GuardianError)
    assert (first.kind, second.kind) == ("overloaded", "unavailable")


async def test_a_retry_that_succeeds_is_the_outcome() -> None:
    source = Scripted([error("unavailable"), error("overloaded"), SAFE])
    assert await outcomes(Retrying(source, meter()[0]), 1) == [SAFE]


@pytest.mark.parametrize("kind", ["timeout", "too_long", "unparseable"])
async def test_what_would_fail_again_is_not_tried_again(kind: ErrorKind) -> None:
    source = Scripted([error(kind)])
    await outcomes(Retrying(source, meter()[0]), 1)
    assert source.calls == 1


async def test_no_retry_begins_that_the_deadline_would_not_let_begin() -> None:
    source = Scripted([error("unavailable")])
    await Retrying(source, meter()[0]).ask(PASSAGE, Deadline.within(0))
    assert source.calls == 1


async def test_a_cancelled_call_is_no_failure_and_frees_the_half_open_circuit() -> None:
    async def stuck(deadline: Deadline) -> GuardianError:
        await asyncio.Event().wait()
        raise AssertionError

    source = Scripted([error("timeout"), stuck, SAFE])
    circuit = Circuit(Limits(in_a_row=1, cooldown=0.001))
    one = Breaker("model", source, circuit, meter()[0])
    await one.ask(PASSAGE, Deadline.within(5))
    await asyncio.sleep(0.002)
    tried = asyncio.ensure_future(one.ask(PASSAGE, Deadline.within(5)))
    await asyncio.sleep(0)
    assert circuit.state == "half_open"
    tried.cancel()
    await asyncio.gather(tried, return_exceptions=True)
    assert await outcomes(one, 1) == [SAFE]
    assert circuit.state == "closed"


async def test_the_metric_follows_the_state() -> None:
    source = Scripted([error("timeout"), SAFE])
    counted, seen = meter()
    one = Breaker("model", source, Circuit(Limits(in_a_row=1, cooldown=0.001)), counted)
    values = [seen("circuit")]
    for _ in range(2):
        await one.ask(PASSAGE, Deadline.within(5))
        values.append(seen("circuit"))
        await asyncio.sleep(0.002)
    assert [value[("model",)] for value in values] == [0, 2, 0]


async def test_an_open_circuit_asks_for_no_response_either() -> None:
    source = Scripted([error("timeout")])
    one = breaker(source, in_a_row=1)
    await outcomes(one, 1)
    refused = await one.forced(PASSAGE, Deadline.within(5))
    assert isinstance(refused, GuardianError)
    assert (refused.kind, source.forced_calls) == ("unavailable", 0)


async def test_a_call_that_got_little_of_the_time_says_nothing_when_the_time_is_over() -> None:
    """Under load most time goes by in the queue: being busy must not switch the guardian off."""
    source = Scripted([error("timeout")])
    one = breaker(source, in_a_row=1)
    now = monotonic()
    late = Deadline(now - 1.5, now + 0.5)
    for _ in range(5):
        assert (await one.ask(PASSAGE, late)).outcome == error("timeout")
    assert (source.calls, one.circuit.state) == (5, "closed")
    await one.ask(PASSAGE, Deadline(now - 0.1, now + 60))
    assert one.circuit.state == "open"


async def test_a_tried_call_that_got_little_of_the_time_does_not_count_either() -> None:
    clock = [0.0]
    one = Breaker("model", Scripted([error("timeout")]), Circuit(Limits(in_a_row=1), lambda: clock[0]), meter()[0])
    await one.ask(PASSAGE, Deadline.within(5))
    clock[0] = 1.5
    now = monotonic()
    await one.ask(PASSAGE, Deadline(now - 1.5, now + 0.5))
    assert (one.circuit.state, one.circuit.cooldown) == ("open", 1.0)
    await one.ask(PASSAGE, Deadline.within(5))
    assert one.circuit.cooldown == 2.0
