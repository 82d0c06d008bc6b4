"""For speculation: guardians and upstreams that go on only when a test says so, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.types import GuardianError, Passage, Verdict
from tests.flow.policies import CHAT, EVENTS, under
from tests.servers import HARMFUL, GuardianScript, Handler, Received, Stack, chunk, completion_chunk

UNSAFE = "rules:\n  - {name: unsafe, match: {verdict: unsafe}, action: block}\n"
SPECULATIVE = f"speculative: true\n{UNSAFE}"


class Gate:
    """Keeps a handler's answer back until it is opened."""

    def __init__(self, handler: Handler | None = None) -> None:
        self.handler = handler or GuardianScript()
        self.opened = asyncio.Event()

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            await self.opened.wait()
        await self.handler(request, writer)


class Talker:
    """An upstream that streams so many words and then waits for `ended`."""

    def __init__(self, words: int) -> None:
        self.words = words
        self.said, self.ended = asyncio.Event(), asyncio.Event()

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS + chunk(completion_chunk({"role": "assistant", "content": ""})))
        for _ in range(self.words):
            writer.write(chunk(completion_chunk({"content": "word "})))
        await writer.drain()
        self.said.set()
        await self.ended.wait()
        writer.write(chunk(completion_chunk({}, "stop")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


async def turns(running: Stack) -> None:
    """Enough turns of the gateway's loop for what has arrived to be passed on."""
    async with httpx.AsyncClient() as client:
        for _ in range(5):
            await client.get(f"{running.url}/healthz")


@dataclass
class Caller:
    """A connection of a client's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def seen(self) -> int:
        """How many bytes of an answer are here."""
        return len(self.reader._buffer)  # type: ignore[attr-defined]

    async def answer(self) -> bytes:
        """All of it, the connection being closed after it."""
        async with asyncio.timeout(10):
            return await self.reader.read()

    def go(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def calling(running: Stack, text: str, **more: Any) -> AsyncIterator[Caller]:
    raw = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **more}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rsplit(":", 1)[1]))
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(raw)}\r\n\r\n".encode() + raw)
    try:
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


def how(answer: httpx.Response) -> tuple[int, str, str | None]:
    return answer.status_code, answer.headers["x-guardian-action"], answer.headers.get("x-guardian-speculation")


@asynccontextmanager
async def speculating(folder: Path, policy: str = SPECULATIVE, **more: Any) -> AsyncIterator[Stack]:
    async with under(folder, policy, **more) as given:
        yield given


class AtOnce:
    """A guardian's source that knows the verdict already, as a cache does."""

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        return Judgement(Verdict("default", "unsafe" if HARMFUL in passage.messages[0].text else "safe"))

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return GuardianError("default", "unavailable")

    async def aclose(self) -> None:
        pass


class Broken(AtOnce):
    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        await asyncio.sleep(0.02)
        raise RuntimeError("a defect")


def put(given: Stack, source: AtOnce) -> None:
    """Another source in place of the guardian's."""
    assert isinstance(given.gateway.guardians, dict)
    given.gateway.guardians["default"] = replace(given.gateway.guardians["default"], source=source)
