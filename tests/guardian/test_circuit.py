"""The circuit breaker's states, under a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.guardian.circuit import Circuit, Limits


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def circuit(**limits: float) -> tuple[Circuit, Clock]:
    clock = Clock()
    return Circuit(Limits(**{"in_a_row": 3, **limits}), clock), clock  # type: ignore[arg-type]


def fail(one: Circuit, times: int = 1) -> None:
    for _ in range(times):
        ticket = one.enter()
        assert ticket is not None
        one.failed(ticket)


def answer(one: Circuit) -> None:
    ticket = one.enter()
    assert ticket is not None
    one.answered(ticket)


def test_failures_in_a_row_open_it_and_one_answer_between_them_does_not() -> None:
    one, _ = circuit()
    fail(one, 2)
    answer(one)
    fail(one, 2)
    assert one.state == "closed"
    fail(one)
    assert (one.state, one.enter(), one.retry_after) == ("open", None, 1.0)


def test_a_share_of_failures_within_the_window_opens_it() -> None:
    one, clock = circuit(in_a_row=1000, enough=10)
    for _ in range(4):
        fail(one)
        answer(one)
    assert one.state == "closed"
    fail(one)
    fail(one)
    assert one.state == "open"
    later, clock = circuit(in_a_row=1000, enough=10, window=10.0)
    fail(later, 9)
    clock.now += 11
    fail(later, 9)
    assert later.state == "closed"


def test_half_open_lets_one_call_through_and_its_answer_closes_it() -> None:
    one, clock = circuit()
    fail(one, 3)
    clock.now += 1.0
    ticket = one.enter()
    assert ticket is not None
    assert (one.enter(), one.state) == (None, "half_open")
    one.answered(ticket)
    assert one.state == "closed"
    assert None not in [one.enter() for _ in range(5)]


@pytest.mark.parametrize("rounds", [1, 4, 9])
def test_the_cool_down_doubles_up_to_its_limit(rounds: int) -> None:
    one, clock = circuit()
    fail(one, 3)
    for _ in range(rounds):
        clock.now += one.retry_after
        fail(one)
    assert one.retry_after == pytest.approx(min(2.0**rounds, 30.0))


def test_a_tried_call_that_was_given_up_lets_another_be_tried() -> None:
    one, clock = circuit()
    fail(one, 3)
    clock.now += 1.0
    ticket = one.enter()
    assert ticket is not None
    one.abandoned(ticket)
    answer(one)
    assert one.state == "closed"


@pytest.mark.parametrize("late", ["answered", "failed", "abandoned"])
def test_a_call_from_before_it_opened_says_nothing_about_now(late: str) -> None:
    one, clock = circuit()
    old = one.enter()
    fail(one, 3)
    clock.now += 1.0
    tried = one.enter()
    getattr(one, late)(old)
    assert (one.state, one.enter()) == ("half_open", None)
    assert tried is not None


class AnyHistory(RuleBasedStateMachine):
    """Whatever comes of calls and in whatever order, against a record of what the test did itself."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.limits = Limits(in_a_row=3, share=0.5, enough=6, window=5.0, cooldown=1.0, longest=4.0)
        self.one = Circuit(self.limits, self.clock)
        self.out: list[int] = []
        self.row = 0
        self.opened_at: float | None = None

    @rule(seconds=st.sampled_from([0.25, 1.0, 3.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def enter(self) -> None:
        state = self.one.state
        ticket = self.one.enter()
        if state == "closed":
            assert ticket is not None
        elif state == "half_open":
            assert ticket is None
        else:
            assert self.opened_at is not None
            waited = self.clock.now - self.opened_at
            assert ticket is None or waited >= self.limits.cooldown
            assert ticket is not None or waited < self.limits.longest
        if ticket is not None:
            self.out.append(ticket)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), what=st.sampled_from(["answered", "failed", "abandoned"]))
    def end(self, data: st.DataObject, what: str) -> None:
        ticket = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        before, current = self.one.state, ticket == self.one.period
        getattr(self.one, what)(ticket)
        if not current:
            assert self.one.state == before
        elif before == "closed":
            self.row = {"answered": 0, "failed": self.row + 1, "abandoned": self.row}[what]
            assert self.one.state == "open" or self.row < self.limits.in_a_row
            assert self.one.state == "closed" or what == "failed"
        else:
            assert self.one.state == {"answered": "closed", "failed": "open", "abandoned": "open"}[what]
        if self.one.state == "open" and what == "failed" and current:
            self.opened_at = self.clock.now
        if self.one.state != "closed" or before != "closed":
            self.row = 0

    @invariant()
    def the_times_make_sense(self) -> None:
        assert 0 <= self.one.retry_after <= self.limits.longest
        assert (self.one.retry_after == 0) == (self.one.state == "closed")
        assert self.one.failures == sum(failed for _, failed in self.one.recent)


TestAnyHistory = AnyHistory.TestCase
