"""The official OpenAI SDK with nothing changed but `base_url`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest

from tests.servers import HARMFUL, SAFE_RESPONSE, Stack, stack

WORDS = "".join(SAFE_RESPONSE).strip()


@asynccontextmanager
async def client(running: Stack, **more: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{running.url}/v1", api_key="sk-caller", max_retries=0, **more) as sdk:
        yield sdk


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "upstream-model", "messages": [{"role": "user", "content": text}], **more}


async def test_a_safe_query_gets_the_upstreams_answer() -> None:
    async with stack() as running, client(running) as sdk:
        answer = await sdk.chat.completions.create(**ask("capital of France?"))
    assert answer.choices[0].message.content == "Paris."
    assert running.upstream.received[0].header("authorization") == "Bearer sk-caller"


async def test_a_safe_query_is_streamed_from_the_upstream() -> None:
    async with stack() as running, client(running) as sdk:
        chunks = [c async for c in await sdk.chat.completions.create(**ask("capital of France?", stream=True))]
    assert [c.choices[0].delta.content for c in chunks] == ["", "Par", "is.", None]
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_a_harmful_query_gets_the_guardians_answer() -> None:
    async with stack() as running, client(running) as sdk:
        answer = await sdk.chat.completions.create(**ask(f"a {HARMFUL} query", n=2))
    assert [(c.index, c.message.content, c.finish_reason) for c in answer.choices] == [
        (0, WORDS, "stop"),
        (1, WORDS, "stop"),
    ]
    assert (answer.object, answer.model, answer.usage is not None) == ("chat.completion", "upstream-model", True)
    assert running.upstream.bytes_received == 0


async def test_a_harmful_query_is_streamed_from_the_guardian() -> None:
    wanted = ask(f"a {HARMFUL} query", stream=True, stream_options={"include_usage": True})
    async with stack() as running, client(running) as sdk:
        chunks = [c async for c in await sdk.chat.completions.create(**wanted)]
    *deltas, last, usage = chunks
    assert "".join(c.choices[0].delta.content or "" for c in deltas) == WORDS
    assert (last.choices[0].finish_reason, usage.choices, usage.usage is not None) == ("stop", [], True)
    assert running.upstream.bytes_received == 0


async def test_a_caller_that_wants_json_finds_the_answer_in_refusal() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}}
    async with stack() as running, client(running) as sdk:
        answer = await sdk.chat.completions.create(**ask(f"a {HARMFUL} query", response_format=schema))
    assert (answer.choices[0].message.content, answer.choices[0].message.refusal) == (None, WORDS)


async def test_a_tool_callers_harmful_query_is_an_error_it_can_handle() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    async with stack() as running, client(running) as sdk:
        with pytest.raises(openai.BadRequestError) as blocked:
            await sdk.chat.completions.create(**ask(f"a {HARMFUL} query", tools=tools))
    assert blocked.value.code == "content_filter"
    assert running.upstream.bytes_received == 0


async def test_models_are_the_upstreams() -> None:
    async with stack() as running, client(running) as sdk:
        assert [m.id async for m in sdk.models.list()] == ["upstream-model"]
        retrieved = await sdk.models.with_raw_response.retrieve("org/model-1.0")
    assert retrieved.headers["x-guardian-scanned"] == "none"
    assert (
        running.upstream.received[1].target == "/v1/models/org%2Fmodel-1.0"
        or "org/model-1.0" in running.upstream.received[1].target
    )
    assert json.loads(retrieved.text)["object"] == "list"


async def test_an_upstreams_error_is_the_upstreams_own() -> None:
    from tests.servers import response

    async def limited(request: object, writer: Any) -> None:
        writer.write(
            response(
                b'{"error":{"message":"slow down","code":"rate"}}',
                "429 Too Many Requests",
                headers={"retry-after": "7"},
            )
        )

    async with stack(upstream=limited) as running, client(running) as sdk:
        with pytest.raises(openai.RateLimitError) as limit:
            await sdk.chat.completions.create(**ask("hello"))
    assert limit.value.response.headers["retry-after"] == "7"
    assert limit.value.response.headers["x-guardian-action"] == "forward"
