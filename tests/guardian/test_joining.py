"""Guardians that refer to each other: what may be said, what is asked, and what cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from math import log
from typing import Any

import httpx
import pytest

from gateway.assembly.preflight import catalog
from gateway.assembly.single import open_judge
from gateway.errors import ConfigurationError
from gateway.guardian.family import families
from gateway.guardian.judge import Guardian
from gateway.settings import Settings
from gateway.types import GuardianError, Outcome, Verdict
from tests.guardian.test_judge import HARMFUL_QUERY, HARMLESS_QUERY, WORDS
from tests.servers import (
    EVENTS_HEAD,
    FakeServer,
    GuardianScript,
    Received,
    Running,
    chunk,
    event,
    running,
    serving,
    settings,
    upstream_handler,
)

SCOPED = replace(HARMLESS_QUERY, scope="a policy")
"""A passage whose verdict may be kept."""
URL = "http://127.0.0.1:9/v1"


def qwen(label: str, unsafe: float) -> Any:
    """A Qwen3Guard that says this of everything."""

    async def handler(request: Received, writer: asyncio.StreamWriter) -> None:
        tops = [{"token": " Safe", "logprob": log(1 - unsafe)}, {"token": " Unsafe", "logprob": log(unsafe)}]
        first = {"token": f" {label}", "logprob": -0.1, "top_logprobs": tops}
        tokens = [{"token": "Safety:", "logprob": 0.0, "top_logprobs": []}, first]
        text = f"Safety: {label}\nCategories: {'None' if label == 'Safe' else 'Violent'}\n"
        choice = {"index": 0, "delta": {"content": text}, "logprobs": {"content": tokens}, "finish_reason": "stop"}
        writer.write(EVENTS_HEAD + chunk(event({"choices": [choice]})) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    return handler


async def broken(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@asynccontextmanager
async def two(small: Any, large: Any, **own: Any) -> AsyncIterator[tuple[Running, FakeServer, FakeServer]]:
    """`small`, a Qwen3Guard with these settings, and `large`, which writes responses."""
    async with running(upstream_handler) as up, running(small) as one, running(large) as other:
        guardians = {
            "small": {"family": "qwen3guard", "base_url": one.base_url, "deadline_seconds": 5, **own},
            "large": {"base_url": other.base_url, "deadline_seconds": 5},
            "default": {"base_url": other.base_url},
        }
        async with serving(settings(up, other, guardians=guardians)) as given:
            yield given, one, other


async def judged(guardian: Guardian) -> Outcome:
    judgement = await guardian.judge(HARMFUL_QUERY)
    await judgement.aclose()
    return judgement.outcome


async def test_a_fallback_answers_under_the_name_that_policies_know() -> None:
    async with two(broken, GuardianScript(), fallback="large") as (given, _, large):
        outcome = await judged(given.gateway.guardians["small"])
        counted = given.gateway.metrics.render()[0].decode()
    assert isinstance(outcome, Verdict)
    assert (outcome.guardian, outcome.model, outcome.label, len(large.received)) == ("small", "large", "unsafe", 1)
    assert 'gateway_guardian_fallbacks_total{guardian="small",result="verdict"} 1.0' in counted


async def test_an_open_circuit_is_passed_by_without_a_call() -> None:
    async with two(broken, GuardianScript(), fallback="large", breaker_failures=1) as (given, small, large):
        outcomes = [await judged(given.gateway.guardians["small"]) for _ in range(3)]
    assert all(isinstance(outcome, Verdict) for outcome in outcomes)
    assert (small.opened, len(large.received)) == (1, 3)


async def test_what_a_fallback_said_is_not_kept_for_when_its_guardian_is_back() -> None:
    broke = False

    async def recovering(request: Received, writer: asyncio.StreamWriter) -> None:
        await (qwen("Safe", 0.01) if broke else broken)(request, writer)

    async with two(recovering, GuardianScript(), fallback="large", breaker_failures=0) as (given, _, large):
        outcomes = []
        for broke in (False, True, True):  # noqa: B007
            judgement = await given.gateway.guardians["small"].judge(SCOPED)
            await judgement.aclose()
            outcomes.append(judgement.outcome)
    assert [(one.model, one.cached) for one in outcomes if isinstance(one, Verdict)] == [
        ("large", False),
        ("", False),
        ("", True),
    ]
    assert len(large.received) == 1


@pytest.mark.parametrize(
    ("label", "unsafe", "said", "asked"),
    [("Safe", 0.05, "safe", 0), ("Safe", 0.4, "unsafe", 1), ("Controversial", 0.95, "unsafe", 1)],
)
async def test_a_cascade_asks_the_larger_where_the_small_is_uncertain(
    label: str, unsafe: float, said: str, asked: int
) -> None:
    async with two(qwen(label, unsafe), GuardianScript(), cascade="large") as (given, _, large):
        outcome = await judged(given.gateway.guardians["small"])
    assert isinstance(outcome, Verdict)
    assert (outcome.label, outcome.guardian, len(large.received)) == (said, "small", asked)


async def test_a_cascade_whose_larger_one_fails_has_failed() -> None:
    async with two(qwen("Safe", 0.4), broken, cascade="large") as (given, _, _):
        outcome = await judged(given.gateway.guardians["small"])
        counted = given.gateway.metrics.render()[0].decode()
    assert isinstance(outcome, GuardianError)
    assert (outcome.guardian, outcome.kind) == ("small", "unavailable")
    assert 'gateway_guardian_escalations_total{guardian="small",result="failed"} 1.0' in counted


async def test_a_responder_writes_what_the_classifier_cannot() -> None:
    async with two(qwen("Unsafe", 0.99), GuardianScript(), responder="large") as (given, small, large):
        guardian = given.gateway.guardians["small"]
        answer = await guardian.forced(HARMLESS_QUERY)
        assert not isinstance(answer, GuardianError)
        assert "".join([piece async for piece in answer.pieces()]) == WORDS
        await answer.aclose()
    assert guardian.card.writes_response
    assert (len(small.received), len(large.received)) == (0, 1)


async def test_evaluation_judges_through_all_that_is_joined() -> None:
    async with running(broken) as small, running(GuardianScript()) as large:
        guardians = {
            "default": {"base_url": small.base_url, "fallback": "large"},
            "large": {"base_url": large.base_url},
            "unreached": {"family": "qwen3guard"},
        }
        async with open_judge(Settings(guardians=guardians), "default") as judge:  # type: ignore[arg-type]
            outcome = await judge("hello")
    assert isinstance(outcome, Verdict)
    assert outcome.model == "large"


@pytest.mark.parametrize(("fallback", "status"), [("large", 200), (None, 503)])
async def test_a_guardian_that_is_stood_in_for_leaves_the_gateway_ready(fallback: str | None, status: int) -> None:
    async with two(broken, GuardianScript(), fallback=fallback) as (given, _, _):
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{given.url}/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (status, status == 200)
    assert answer.json()["guardians"]["small"].startswith("unreachable")


def cards(**guardians: dict[str, Any]) -> Any:
    return catalog(Settings(guardians=guardians), families()).guardians  # type: ignore[arg-type]


SMALL = {"family": "qwen3guard", "base_url": URL}
LARGE = {"family": "slm_guardian", "base_url": URL}


def test_the_linter_sees_what_any_of_them_may_say() -> None:
    found = cards(small={**SMALL, "cascade": "large"}, large=LARGE)
    own = families()
    assert set(found["small"].categories.values()) == {
        *own["qwen3guard"].CARD.categories.values(),
        *own["slm_guardian"].CARD.categories.values(),
    }
    assert found["small"].labels == ("safe", "controversial", "unsafe")
    assert found["small"].writes_response
    assert found["large"] == own["slm_guardian"].CARD


def test_a_responder_adds_a_response_and_nothing_else() -> None:
    found = cards(small={**SMALL, "responder": "large"}, large=LARGE)
    assert found["small"].categories == families()["qwen3guard"].CARD.categories
    assert found["small"].writes_response


@pytest.mark.parametrize(
    ("guardians", "told"),
    [
        (
            {"small": {**SMALL, "fallback": "lorge"}, "large": LARGE},
            "`GATEWAY_GUARDIANS__SMALL__FALLBACK`: there is no guardian `lorge`: did you mean `large`?",
        ),
        (
            {"small": {**SMALL, "cascade": "x"}},
            "`GATEWAY_GUARDIANS__SMALL__CASCADE`: there is no guardian `x`: the guardians are small",
        ),
        (
            {"small": {**SMALL, "fallback": "large"}, "large": {**LARGE, "cascade": "small"}},
            "guardians refer to each other in a circle: `large`, `small`: leave out a `fallback`, `cascade` or"
            " `responder`",
        ),
        (
            {"small": {**SMALL, "fallback": "small"}},
            "guardians refer to each other in a circle: `small`: leave out a `fallback`, `cascade` or `responder`",
        ),
        (
            {"small": {**SMALL, "responder": "other"}, "other": SMALL},
            "`GATEWAY_GUARDIANS__SMALL__RESPONDER`: guardian `other` writes no response",
        ),
    ],
)
def test_a_reference_that_cannot_be_is_told_before_anything_starts(guardians: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        cards(**guardians)
    assert str(caught.value) == told


def test_a_band_that_is_upside_down_is_no_setting() -> None:
    with pytest.raises(ValueError, match=r"`cascade_low` 0\.9 is over `cascade_high` 0\.8"):
        Settings(guardians={"small": {**SMALL, "cascade": "large", "cascade_low": 0.9}, "large": LARGE})  # type: ignore[dict-item]
