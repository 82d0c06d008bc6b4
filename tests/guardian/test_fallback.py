"""Another guardian when the first one fails, and the larger one when it is not sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.guardian.cascade import Band, Cascade
from gateway.guardian.deadline import Deadline
from gateway.guardian.fallback import Fallback
from gateway.guardian.responding import Classifying, Responding
from gateway.guardian.source import Source
from gateway.types import ERROR_KINDS, ErrorKind, GuardianError, Label, Outcome, Verdict
from tests.guardian.sources import PASSAGE, SAFE, Scripted, error, hang, meter

LARGER = Verdict("larger", "unsafe", ("crime",), 0.9)


def fallback(first: Scripted, other: Scripted) -> Fallback:
    return Fallback("asked", first, other, 0.6, meter("asked")[0])


def cascade(first: Outcome, larger: Outcome) -> tuple[Cascade, Scripted]:
    source = Scripted([larger])
    return Cascade("asked", Scripted([first]), source, Band(0.2, 0.8), meter("asked")[0]), source


async def ask(source: Source, seconds: float = 5.0) -> Outcome:
    return (await source.ask(PASSAGE, Deadline.within(seconds))).outcome


@pytest.mark.parametrize("kind", ERROR_KINDS)
async def test_whatever_fails_the_fallback_is_asked_and_named(kind: ErrorKind) -> None:
    outcome = await ask(fallback(Scripted([error(kind)]), Scripted([LARGER])))
    assert outcome == replace(LARGER, guardian="asked", model="larger")


async def test_a_verdict_spares_the_fallback() -> None:
    other = Scripted([LARGER])
    assert await ask(fallback(Scripted([SAFE]), other)) == SAFE
    assert other.calls == 0


async def test_a_first_that_hangs_leaves_the_fallback_its_share_of_the_one_deadline() -> None:
    other = Scripted([LARGER])
    first = Scripted([hang])
    assert isinstance(await ask(fallback(first, other), 0.2), Verdict)
    assert (first.deadlines[0].due - first.deadlines[0].started) == pytest.approx(0.12, abs=0.02)
    assert (other.deadlines[0].due - first.deadlines[0].started) == pytest.approx(0.2, abs=0.001)


async def test_when_both_fail_the_first_ones_error_counts() -> None:
    outcome = await ask(fallback(Scripted([error("too_long")]), Scripted([error("timeout", "larger")])))
    assert isinstance(outcome, GuardianError)
    assert (outcome.guardian, outcome.kind) == ("model", "too_long")


async def test_a_fallback_of_a_fallback_is_named_as_the_one_that_said_it() -> None:
    inner = Fallback("middle", Scripted([error("timeout")]), Scripted([LARGER]), 0.6, meter()[0])
    outcome = await ask(Fallback("asked", Scripted([error("timeout")]), inner, 0.6, meter()[0]))
    assert outcome == replace(LARGER, guardian="asked", model="larger")


@pytest.mark.parametrize(
    ("label", "score", "goes_on"),
    [
        ("safe", 0.19, False),
        ("safe", 0.2, True),
        ("unsafe", 0.8, True),
        ("unsafe", 0.81, False),
        ("controversial", 0.99, True),
        ("unsafe", None, True),
    ],
)
async def test_only_what_is_uncertain_goes_to_the_larger(label: Label, score: float | None, *, goes_on: bool) -> None:
    first = Verdict("asked", label, (), score)
    one, larger = cascade(first, LARGER)
    outcome = await ask(one)
    assert larger.calls == goes_on
    assert outcome == (replace(LARGER, guardian="asked", model="larger") if goes_on else first)


@pytest.mark.parametrize("kind", ERROR_KINDS)
async def test_when_the_larger_fails_the_uncertain_verdict_does_not_stand(kind: ErrorKind) -> None:
    one, _ = cascade(Verdict("asked", "safe", (), 0.3), error(kind, "larger"))
    assert await ask(one) == error(kind, "asked")


async def test_a_failure_of_the_cheap_one_is_no_uncertainty() -> None:
    one, larger = cascade(error("timeout", "asked"), LARGER)
    assert await ask(one) == error("timeout", "asked")
    assert larger.calls == 0


async def test_a_guardian_that_only_classifies_is_not_asked_to_write() -> None:
    model, writer = Scripted([SAFE]), Scripted([SAFE], answer=error("overloaded", "writer"))
    paired = Responding(Classifying("asked", model), writer, 0.6)
    refused = await paired.forced(PASSAGE, Deadline.within(1))
    assert isinstance(refused, GuardianError)
    assert (model.forced_calls, writer.forced_calls, refused.guardian) == (0, 1, "asked")


async def test_each_closes_its_own_and_leaves_the_other_to_itself() -> None:
    first, other = Scripted([SAFE]), Scripted([SAFE])
    await Fallback("a", first, other, 0.5, meter()[0]).aclose()
    await Cascade("a", first, other, Band(0, 1), meter()[0]).aclose()
    await Responding(first, other, 0.5).aclose()
    assert (first.closed, other.closed) == (3, 0)
