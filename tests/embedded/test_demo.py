"""`make run` as a newcomer meets it: two real models, two real answers, and nothing left behind."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import openai
import pytest

from gateway.cli.welcome import ANSWERED, PASSES
from tests.processes import alive, children, started

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]
NO_AUDIT = {"GATEWAY_AUDIT__URL": ""}


async def ask(url: str, text: str, **more: Any) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120) as sdk:
        messages: Any = [{"role": "user", "content": text}]
        answer = await sdk.chat.completions.with_raw_response.create(
            model="any", messages=messages, max_tokens=24, **more
        )
        return answer.headers, answer.parse()


async def test_two_queries_and_no_process_left() -> None:
    async with started("demo", **NO_AUDIT) as (url, process):
        models = children(process.pid)
        passed, answer = await ask(url, PASSES)
        answered, safe = await ask(url, ANSWERED)
    assert (passed["x-guardian-action"], answered["x-guardian-action"]) == ("forward", "respond")
    assert answer.choices[0].message.content
    assert safe.choices[0].message.content
    assert safe.choices[0].finish_reason == "stop"
    assert (len(models), [pid for pid in models if alive(pid)], process.returncode) == (2, [], 0)


async def test_workers_share_the_models() -> None:
    async with started("demo", GATEWAY_WORKERS="2", **NO_AUDIT) as (url, process):
        processes = children(process.pid)
        answers = [await ask(url, ANSWERED) for _ in range(3)]
    assert [headers["x-guardian-action"] for headers, _ in answers] == ["respond"] * 3
    assert (len(processes), [pid for pid in processes if alive(pid)], process.returncode) == (4, [], 0)


async def test_models_end_with_a_gateway_that_is_killed() -> None:
    async with started("demo", **NO_AUDIT) as (_, process):
        models = children(process.pid)
        process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(10):
            while any(alive(pid) for pid in models):
                await asyncio.sleep(0.05)
    assert len(models) == 2
