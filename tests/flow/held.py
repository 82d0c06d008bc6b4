"""A guardian and an upstream that go on only when a test says so, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from tests.flow.policies import CHAT, EVENTS
from tests.servers import GuardianScript, Handler, Received, Stack, chunk, completion_chunk


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
