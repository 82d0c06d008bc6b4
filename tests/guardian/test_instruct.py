"""A chat model that answers in JSON, over real sockets: it is read as soon as its verdict stands, and its safe response
reaches the caller as plain text while it is still being written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest

from gateway.guardian.generation import Answer
from gateway.types import GuardianError, Message, Passage, Verdict
from tests.servers import (
    EVENTS_HEAD,
    HARMFUL,
    Received,
    Stack,
    chunk,
    completion_chunk,
    running,
    serving,
    settings,
    upstream_handler,
)

WORDS = 'Nein: "so" nicht.\n😀 \\ é'
SAFE = '{"verdict": "safe", "category": "none", "safe_response": ""}'
UNSAFE = json.dumps({"verdict": "unsafe", "category": "weapons", "safe_response": WORDS})
HARMFUL_QUERY, HARMLESS_QUERY = (Passage((Message("user", (text,)),)) for text in (f"a {HARMFUL} query", "hello"))


@dataclass
class ChatModel:
    """It calls a text with the word HARMFUL unsafe, speaks in pieces of `width` characters, and waits behind `pause`
    until it may `go_on`. An `obedient` one follows the schema, as a server with a grammar makes it.
    """

    width: int = 1000
    pause: str = "\0"
    obedient: bool = True
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS_HEAD + chunk(completion_chunk({"role": "assistant", "content": ""})))
        for piece in self.pieces(self.text(request.json)):
            writer.write(chunk(completion_chunk({"content": piece})))
            await writer.drain()
            if piece.endswith(self.pause):
                await self.go_on.wait()
        writer.write(chunk(completion_chunk({}, "stop")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    def text(self, body: dict[str, Any]) -> str:
        allowed = body["response_format"]["json_schema"]["schema"]["properties"]["verdict"]["enum"]
        harmful = HARMFUL in body["messages"][-1]["content"] or (self.obedient and allowed == ["unsafe"])
        return UNSAFE if harmful else SAFE

    def pieces(self, text: str) -> list[str]:
        """Cut every `width` characters, and behind `pause`."""
        parts = text.partition(self.pause)
        halves = [parts[0] + parts[1], parts[2]]
        return [half[i : i + self.width] for half in halves for i in range(0, len(half), self.width)]


@asynccontextmanager
async def gateway(model: ChatModel) -> AsyncIterator[Stack]:
    async with running(upstream_handler) as upstream, running(model) as guard:
        own = {"base_url": guard.base_url, "family": "instruct", "model": "chat", "deadline_seconds": 5}
        async with serving(settings(upstream, guard, guardians={"default": own})) as served:
            yield Stack(served.url, served.gateway, upstream, guard)


async def spoken(answer: Answer | GuardianError | None) -> str:
    assert isinstance(answer, Answer)
    text = "".join([piece async for piece in answer.pieces()])
    await answer.aclose()
    return text


async def streamed(stack: Stack, text: str) -> AsyncIterator[str]:
    async with openai.AsyncOpenAI(base_url=f"{stack.url}/v1", api_key="none", max_retries=0) as sdk:
        messages: Any = [{"role": "user", "content": text}]
        async for event in await sdk.chat.completions.create(model="any", messages=messages, stream=True):
            yield event.choices[0].delta.content or ""


@pytest.mark.parametrize("width", [1, 2, 7, 1000])
async def test_the_safe_response_is_the_decoded_string(width: int) -> None:
    async with gateway(ChatModel(width)) as stack:
        judgement = await stack.gateway.guardians["default"].judge(HARMFUL_QUERY)
        text = await spoken(judgement.answer)
    assert isinstance(judgement.outcome, Verdict)
    assert (judgement.outcome.label, judgement.outcome.categories, text) == ("unsafe", ("weapons",), WORDS)


async def test_it_reaches_the_caller_while_it_is_written() -> None:
    model = ChatModel(width=3, pause="Nein")
    async with gateway(model) as stack:
        begun = ""
        async for piece in streamed(stack, f"a {HARMFUL} query"):
            begun += piece
            if begun == "Nein":
                model.go_on.set()
    assert (begun, stack.upstream.bytes_received) == (WORDS, 0)


async def test_it_ends_at_its_closing_quote() -> None:
    """It neither waits for the model to end the object nor for it to fall silent."""
    async with gateway(ChatModel(width=5, pause='"}')) as stack:
        judgement = await stack.gateway.guardians["default"].judge(HARMFUL_QUERY)
        text = await spoken(judgement.answer)
        async with asyncio.timeout(5):
            await stack.guardian.received[0].disconnected.wait()
    assert text == WORDS


async def test_nothing_is_read_behind_a_safe_verdict() -> None:
    async with gateway(ChatModel(pause='"safe"')) as stack:
        text = "".join([piece async for piece in streamed(stack, "hello")])
        async with asyncio.timeout(5):
            await stack.guardian.received[0].disconnected.wait()
    assert text == "Paris."


async def test_a_forced_response_is_only_that() -> None:
    async with gateway(ChatModel(width=4)) as stack:
        text = await spoken(await stack.gateway.guardians["default"].forced(HARMLESS_QUERY))
    assert text == WORDS


async def test_a_model_that_will_not_be_forced_gives_no_response() -> None:
    async with gateway(ChatModel(obedient=False)) as stack:
        error = await stack.gateway.guardians["default"].forced(HARMLESS_QUERY)
    assert isinstance(error, GuardianError)
    assert error.kind == "unparseable"
