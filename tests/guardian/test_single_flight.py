"""Identical questions at the same time are one question to the guardian; whoever goes away, the others are answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from gateway.guardian.cache import Cache
from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.memory import Memory
from gateway.observe.metrics import Metrics
from gateway.types import GuardianError, Message, Passage, Verdict
from tests.guardian.parts import joined
from tests.servers import EVENTS_HEAD, HARMFUL, SAFE_RESPONSE, GuardianScript, Received, Stack, chunk, event, stack

CHAT = "/v1/chat/completions"
WORDS = "".join(SAFE_RESPONSE)


class Gate(GuardianScript):
    """Answers when it is told to; garbled, where it is told so."""

    def __init__(self, *, garbled: bool = False) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.garbled = garbled

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        await self.open.wait()
        if self.garbled:
            writer.write(EVENTS_HEAD + chunk(event({"choices": [{"text": "Sure!", "finish_reason": "stop"}]})))
            writer.write(b"0\r\n\r\n")
        else:
            await super().__call__(request, writer)


async def post(running: Stack, text: str, **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30) as client:
        body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
        return await client.post(running.url + CHAT, json=body)


@asynccontextmanager
async def posted(running: Stack, text: str, count: int) -> AsyncIterator[list[asyncio.Task[httpx.Response]]]:
    """The first asks the guardian, the others wait with it."""
    tasks = [asyncio.ensure_future(post(running, text)) for _ in range(count)]
    await joined(running.gateway.guardians["default"], count - 1)
    yield tasks
    await asyncio.gather(*tasks, return_exceptions=True)


async def leave(running: Stack, text: str) -> asyncio.StreamWriter:
    """A client that has sent its query and can be made to go."""
    raw = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rsplit(":", 1)[1]))
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n"
    writer.write(head.encode() + raw)
    async with asyncio.timeout(5):
        while not running.guardian.received:
            await asyncio.sleep(0.005)
    return writer


async def test_identical_queries_at_the_same_time_are_one_question() -> None:
    gate = Gate()
    async with stack(guardian=gate) as running, posted(running, "hello", 5) as tasks:
        gate.open.set()
        answers = await asyncio.gather(*tasks)
        assert running.gateway.metrics.passage.joined[("default",)]._value.get() == 4
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(running.guardian.received) == 1


async def test_the_answer_of_the_one_generation_is_the_first_ones_and_the_others_get_their_own() -> None:
    gate = Gate()
    async with stack(guardian=gate) as running, posted(running, HARMFUL, 3) as tasks:
        gate.open.set()
        answers = await asyncio.gather(*tasks)
    assert [answer.json()["choices"][0]["message"]["content"] for answer in answers] == [WORDS] * 3
    forced = [request.json["prompt"].endswith("<|harm|>") for request in running.guardian.received]
    assert sorted(forced) == [False, True, True]


async def test_an_error_is_shared_by_those_who_waited_and_not_kept() -> None:
    gate = Gate(garbled=True)
    async with stack(guardian=gate) as running:
        async with posted(running, "hello", 3) as tasks:
            gate.open.set()
            answers = await asyncio.gather(*tasks)
        assert len(running.guardian.received) == 1
        gate.garbled = False
        after = await post(running, "hello")
    assert [answer.status_code for answer in answers] == [503] * 3
    assert after.status_code == 200


async def test_when_the_first_goes_the_next_asks() -> None:
    gate = Gate()
    async with stack(guardian=gate) as running:
        first = await leave(running, "hello")
        others = [asyncio.ensure_future(post(running, "hello")) for _ in range(2)]
        await joined(running.gateway.guardians["default"], 2)
        first.transport.abort()
        async with asyncio.timeout(5):
            await running.guardian.received[0].disconnected.wait()
        gate.open.set()
        answers = await asyncio.gather(*others)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(running.guardian.received) == 2


async def test_when_all_are_gone_so_is_the_call() -> None:
    async with stack(guardian=Gate()) as running:
        clients = [await leave(running, "hello") for _ in range(3)]
        await joined(running.gateway.guardians["default"], 2)
        for client in clients:
            client.transport.abort()
        async with asyncio.timeout(5):
            for request in running.guardian.received:
                await request.disconnected.wait()
    assert running.upstream.bytes_received == 0


class Slow:
    """A source that says nothing in the time of those who ask first."""

    def __init__(self) -> None:
        self.asked = 0

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        self.asked += 1
        if self.asked > 1:
            return Judgement(Verdict("default", "safe"))
        await asyncio.sleep(deadline.left)
        return Judgement(GuardianError("default", "timeout"))

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        raise AssertionError

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(("seconds", "kind"), [(5.0, "Verdict"), (0.01, "GuardianError")])
async def test_who_has_time_left_after_anothers_time_out_asks(seconds: float, kind: str) -> None:
    source = Slow()
    front = Cache(Memory(10), None, 60.0, b"s", "c", Metrics().passage).before("default", source)
    passage = Passage((Message("user", ("hello",)),), scope="s")
    first = asyncio.ensure_future(front.ask(passage, Deadline.within(0.1)))
    await asyncio.sleep(0)
    second = await front.ask(passage, Deadline.within(seconds))
    assert type(second.outcome).__name__ == kind
    assert isinstance((await first).outcome, GuardianError)
