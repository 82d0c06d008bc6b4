"""The `instruct` family with a small real chat model under llama.cpp's grammar: what a fake model cannot prove.

The model is far too small to judge; nothing here depends on what it thinks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import openai
import pytest

from gateway.embedded.models import UPSTREAM_ALIAS, upstream_model
from gateway.embedded.process import model_server
from gateway.guardian.deadline import Deadline
from gateway.guardian.families import instruct
from gateway.settings import EmbeddedSettings
from gateway.types import GuardianError, Message, Passage, Verdict
from tests.guardian.parts import client_of
from tests.servers import FakeServer, Running, running, serving, settings, upstream_handler

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]
BREAD = "How do I bake bread?"
QUERY = Passage((Message("user", (BREAD,)),))
TOKENS = 60


@asynccontextmanager
async def gateway(**more: float) -> AsyncIterator[tuple[Running, FakeServer]]:
    async with (
        model_server(upstream_model(), UPSTREAM_ALIAS, EmbeddedSettings()) as url,
        running(upstream_handler) as upstream,
    ):
        own = {"family": "instruct", "base_url": url, "model": UPSTREAM_ALIAS, "deadline_seconds": 60}
        wanted = settings(upstream, upstream, guardians={"default": {**own, "answer_tokens": TOKENS, **more}})
        async with serving(wanted) as served:
            yield served, upstream


async def test_the_verdict_is_read_early_and_scored() -> None:
    async with gateway() as (served, _):
        guardian = served.gateway.guardians["default"]
        judgement = await guardian.judge(QUERY)
        await judgement.aclose()
        opened = await client_of(guardian).begin(instruct.render(QUERY)[0], Deadline.within(60))
        assert not isinstance(opened, GuardianError)
        reading, generation = opened
        said = generation.completion
        await generation.aclose()
    assert isinstance(judgement.outcome, Verdict)
    assert judgement.outcome.score is not None
    assert 0 < judgement.outcome.score < 1
    assert (said.finished, reading.label) == (False, judgement.outcome.label)


async def test_the_response_of_a_forced_model_reaches_the_caller_as_text() -> None:
    """The score is made to overrule whatever it says, so that there is an answer in any case."""
    async with (
        gateway(calibration_intercept=50) as (served, upstream),
        openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0) as sdk,
    ):
        stream = await sdk.chat.completions.create(
            model="any", messages=[{"role": "user", "content": BREAD}], stream=True
        )
        pieces = [event.choices[0].delta.content or "" async for event in stream]
    text = "".join(pieces)
    assert (len([piece for piece in pieces if piece]) > 3, upstream.bytes_received) == (True, 0)
    assert not any(mark in text for mark in ('{"', "verdict", "safe_response", '"}'))
