"""A sliding window: never more than the limit, never a lie about when there is room again."""

from __future__ import annotations

import asyncio
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import window
from gateway.access.allowance import Allowance, Allowances, Rate, rate
from gateway.access.limiter import Limiter
from gateway.access.told import duration
from gateway.access.window import Counters

START = 1_000_000_020.0
"""The beginning of a minute."""
steps = st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=60)


@given(st.integers(1, 12), steps)
def test_in_no_stretch_of_the_clock_are_more_let_in_than_the_limit(limit: int, waits: list[float]) -> None:
    counters, now, admitted = Counters(), START, list[float]()
    for wait in waits:
        now += wait
        found = counters.hit("school", Rate(limit, 60), now)
        assert 0 <= found.remaining <= limit - found.admitted * (found.remaining < limit)
        if found.admitted:
            admitted.append(now)
    for minute in {one // 60 for one in admitted}:
        assert sum(one // 60 == minute for one in admitted) <= limit


@given(st.integers(1, 12), steps)
def test_who_waits_as_long_as_told_is_let_in_and_who_waits_for_the_reset_finds_all_of_it(
    limit: int, waits: list[float]
) -> None:
    counters, now, rate = Counters(), START, Rate(limit, 60)
    for wait in waits:
        now += wait
        found = counters.hit("school", rate, now)
    if not found.admitted:
        now += found.retry + 0.001
        found = counters.hit("school", rate, now)
        assert found.admitted
    assert counters.hit("school", rate, now + found.reset + 0.001).remaining == limit - 1


def test_a_burst_at_the_border_of_two_minutes_is_not_twice_the_limit() -> None:
    counters = Counters()
    before = [counters.hit("school", Rate(10, 60), START + 59.9).admitted for _ in range(10)]
    after = [counters.hit("school", Rate(10, 60), START + 60.1).admitted for _ in range(10)]
    assert (sum(before), sum(after)) == (10, 1)


def test_who_sets_the_clock_of_the_machine_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    counters, daily = Counters(), Rate(1, 86_400)
    assert counters.hit("school", daily).admitted
    for days in (-2, 2):
        monkeypatch.setattr("gateway.access.window.time", lambda days=days: time() + days * 86_400, raising=False)
        assert not counters.hit("school", daily).admitted


def test_counters_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "LARGEST", 3)
    counters = Counters()
    for tenant in ("first", "second", "third", "first", "fourth"):
        counters.hit(tenant, Rate(10, 60), START)
    assert sorted(tenant for tenant, _ in counters.counts) == ["first", "fourth", "third"]


async def test_what_a_short_rate_refuses_does_not_count_in_a_long_one() -> None:
    limiter, both = Limiter(), Allowance((Rate(2, 60), Rate(5, 86_400)))
    found = [await limiter.count("school", both) for _ in range(10)]
    assert [one.admitted for one in found if one] == [True] * 2 + [False] * 8
    assert limiter.local.counts["school", 86_400][2] == 2


async def test_the_rate_with_the_least_left_is_told() -> None:
    limiter, both = Limiter(), Allowance((Rate(9, 60), Rate(3, 86_400)))
    told = [await limiter.count("school", both) for _ in range(4)]
    assert [(one.rate.requests, one.remaining) for one in told if one] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert await limiter.count("school", Allowance()) is None


@pytest.mark.parametrize("end", [RuntimeError, asyncio.CancelledError])
def test_a_place_is_given_back_however_its_request_ends(end: type[BaseException]) -> None:
    limiter, one = Limiter(), Allowance(concurrency=1)
    full = []
    try:
        with limiter.carrying("school"):
            full = [limiter.full(tenant, one) for tenant in ("school", "hospital")]
            raise end
    except end:
        assert full == [True, False]
    assert limiter.running == {}


def test_a_tenant_without_an_entry_has_the_default_one() -> None:
    own, default = Allowance(concurrency=9), Allowance(concurrency=1)
    allowances = Allowances(default, {"school": own})
    assert (allowances.of("school"), allowances.of("hospital")) == (own, default)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((0, "0s"), (0.0004, "1ms"), (0.85, "850ms"), (1, "1s"), (1.2, "2s"), (59.5, "1m0s"), (360, "6m0s")),
        *((3600, "1h0m0s"), (86_399, "23h59m59s"), (90_000, "25h0m0s")),
    ],
)
def test_a_time_is_told_as_openai_does(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    "text", ["", "0/minute", "60", "60/min", "60 / minute", "-1/day", "1.5/day", "٣/day", "6/day\n"]
)
def test_what_is_no_rate(text: str) -> None:
    assert rate(text) is None
