"""Of several judgements one stands for all: the worst, and it is never safe while something was not judged."""

from __future__ import annotations

import pytest

from gateway.guardian.judgement import Judgement, worst
from gateway.types import GuardianError, Outcome, Verdict

ERROR = GuardianError("g", "timeout")


def verdict(label: str, score: float, *techniques: str, cached: bool = False) -> Verdict:
    return Verdict("g", label, (), score, 0.0, techniques, cached=cached)  # type: ignore[arg-type]


RAW, UNDONE = verdict("unsafe", 0.6), verdict("unsafe", 0.9, "base64")


@pytest.mark.parametrize(
    ("outcomes", "label", "techniques", "score"),
    [
        ([RAW, UNDONE], "unsafe", (), 0.9),
        ([verdict("safe", 0.1), UNDONE], "unsafe", ("base64",), 0.9),
        ([verdict("safe", 0.1), verdict("safe", 0.4, "base64")], "safe", ("base64",), 0.4),
        ([verdict("safe", 0.1), verdict("safe", 0.1, "base64")], "safe", (), 0.1),
        ([verdict("safe", 0.1), verdict("controversial", 0.3, "base64")], "controversial", ("base64",), 0.3),
        ([ERROR, UNDONE], "unsafe", ("base64",), 0.9),
    ],
)
async def test_the_text_as_it_came_is_preferred_among_equals(
    outcomes: list[Outcome], label: str, techniques: tuple[str, ...], score: float
) -> None:
    found = (await worst([Judgement(outcome) for outcome in outcomes], ranked=True)).outcome
    assert isinstance(found, Verdict)
    assert (found.label, found.techniques, found.score) == (label, techniques, score)


@pytest.mark.parametrize("harmless", ["safe", "controversial"])
async def test_short_of_an_unsafe_verdict_a_failure_counts(harmless: str) -> None:
    assert (await worst([Judgement(verdict(harmless, 0.1)), Judgement(ERROR)], ranked=True)).outcome is ERROR


@pytest.mark.parametrize("cached", [(True, True), (True, False)])
async def test_a_verdict_is_known_from_before_where_all_of_it_is(cached: tuple[bool, ...]) -> None:
    found = (await worst([Judgement(verdict("safe", 0.1, cached=one)) for one in cached], ranked=True)).outcome
    assert isinstance(found, Verdict)
    assert found.cached == all(cached)
