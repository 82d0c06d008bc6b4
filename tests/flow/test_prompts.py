"""Completions and embeddings by OpenAI's own client, over real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.flow.policies import EVENTS, under
from tests.output.talking import BLOCK, LEAD, Talking
from tests.servers import HARMFUL, Received, Stack, chunk, response, stack

HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "theirs"}


def piece(text: str, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}
    return f"data: {json.dumps({**HEAD, 'choices': [choice]})}\n\n".encode()


async def upstream(request: Received, writer: Any) -> None:
    if request.target.endswith("/embeddings"):
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
        body: dict[str, Any] = {"object": "list", "model": "m", "data": data, "usage": {}}
        writer.write(response(json.dumps(body).encode()))
    elif request.json.get("stream"):
        writer.write(EVENTS)
        for one in (piece(LEAD), piece("", "stop"), b"data: [DONE]\n\n"):
            writer.write(chunk(one))
        writer.write(b"0\r\n\r\n")
    else:
        choice = {"index": 0, "text": "Paris.", "logprobs": None, "finish_reason": "stop"}
        writer.write(response(json.dumps({**HEAD, "choices": [choice]}).encode()))
    await writer.drain()


def client(given: Stack) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{given.url}/v1", api_key="k", max_retries=0)


@pytest.mark.parametrize(("prompt", "said"), [("hello", "Paris."), (HARMFUL, "I'm sorry, no.")])
async def test_a_completion(prompt: str, said: str) -> None:
    async with stack(upstream) as given, client(given) as sdk:
        answer = await sdk.completions.create(model="m", prompt=prompt)
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == (said, "stop")
    assert len(given.upstream.received) == (prompt == "hello")


@pytest.mark.parametrize(("prompt", "said"), [("hello", LEAD), (HARMFUL, "I'm sorry, no.")])
async def test_a_streamed_completion(prompt: str, said: str) -> None:
    async with stack(upstream) as given, client(given) as sdk:
        stream = await sdk.completions.create(model="m", prompt=prompt, stream=True, n=1)
        found = [one.choices[0] async for one in stream]
    assert ("".join(one.text for one in found), found[-1].finish_reason) == (said, "stop")


async def test_a_stream_that_is_stopped_ends_natively(tmp_path: Path) -> None:
    talking = Talking([*map(piece, LEAD.split(" "))], [piece(HARMFUL), piece(LEAD), piece("", "stop")])
    async with under(tmp_path, BLOCK, talking) as given, client(given) as sdk:
        stream = await sdk.completions.create(model="m", prompt="hello", stream=True)
        found = [await anext(stream)]
        talking.go.set()
        found += [one async for one in stream]
    assert {one.id for one in found} == {"cmpl-1"}
    assert "HARM" not in "".join(one.choices[0].text for one in found)
    assert found[-1].choices[0].finish_reason == "content_filter"


async def test_an_embedding_passes_under_output_rules_too(tmp_path: Path) -> None:
    async with under(tmp_path, BLOCK, upstream) as given, client(given) as sdk:
        answer = await sdk.embeddings.create(model="m", input="hello", encoding_format="float")
    assert answer.data[0].embedding == [0.5, 0.25]


async def test_a_harmful_input_is_an_error_and_is_not_embedded() -> None:
    async with stack(upstream) as given, client(given) as sdk:
        with pytest.raises(openai.BadRequestError) as refused:
            await sdk.embeddings.create(model="m", input=["hello", HARMFUL])
    assert (refused.value.code, refused.value.param) == ("content_filter", "input")
    assert given.upstream.bytes_received == 0
