"""An upstream that talks in two parts, and a client that listens to a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.flow.policies import CHAT, EVENTS
from tests.servers import GuardianScript, Received, Stack, chunk, completion_chunk

BLOCK = "rules:\n  - {name: leak, phase: output, match: {verdict: unsafe}, action: block}\n"
RESPOND = "responses: {gone: {text: Withheld.}}\n" + BLOCK.replace("block", "{respond: gone}")
LEAD = "It is a long story, and it begins like this. " * 20
END = completion_chunk({}, "stop") + b"data: [DONE]\n\n"


def content(text: str, size: int = 4, field: str = "content") -> list[bytes]:
    """The events of a text, cut into pieces of this size."""
    return [completion_chunk({field: text[at : at + size]}) for at in range(0, len(text), size)]


@dataclass
class Talking:
    """Writes `first`, waits for `go`, writes `then` and ends, cleanly or not."""

    first: Sequence[bytes]
    then: Sequence[bytes] = ()
    cut: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS)
        for piece in self.first:
            writer.write(chunk(piece))
            await writer.drain()
        await self.go.wait()
        for piece in self.then:
            writer.write(chunk(piece))
            await writer.drain()
        if self.cut:
            writer.transport.abort()
        else:
            writer.write(b"0\r\n\r\n")


def talking(*pieces: bytes, cut: bool = False) -> Talking:
    """All at once."""
    one = Talking(pieces, cut=cut)
    one.go.set()
    return one


@dataclass
class GatedGuardian:
    """The fake guardian; from the call of this number on it waits for `go`, or fails."""

    hold_from: int = 1_000_000
    fail_from: int = 1_000_000
    go: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[str] = field(default_factory=list)

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            self.calls.append(request.json["prompt"])
        if len(self.calls) >= self.hold_from:
            await self.go.wait()
        await GuardianScript(cut_after=0 if len(self.calls) >= self.fail_from else None)(request, writer)


@dataclass
class Listener:
    """What a client has got of a stream so far."""

    answer: httpx.Response
    pieces: AsyncIterator[bytes]
    got: bytes = b""

    async def until(self, size: int) -> None:
        """Until at least so many characters of text have come."""
        while len(said(self.got)) < size:
            self.got += await anext(self.pieces)

    async def rest(self) -> bytes:
        async for piece in self.pieces:
            self.got += piece
        return self.got


@asynccontextmanager
async def listening(running: Stack, text: str = "hello", **more: Any) -> AsyncIterator[Listener]:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "stream": True, **more}
    async with httpx.AsyncClient(timeout=30) as client, client.stream("POST", running.url + CHAT, json=body) as answer:
        yield Listener(answer, answer.aiter_raw())


async def heard(running: Stack, upstream: Talking, size: int = 100, **more: Any) -> bytes:
    """All that a client gets, when the upstream goes on after so many characters of text are out."""
    async with listening(running, **more) as client:
        await client.until(size)
        upstream.go.set()
        return await client.rest()


def values(raw: bytes) -> list[dict[str, Any]]:
    whole = raw[: raw.rfind(b"\n") + 1]
    return [json.loads(line[6:]) for line in whole.splitlines() if line.startswith(b"data: {")]


def said(raw: bytes) -> str:
    """The content of all choices."""
    choices = [choice for value in values(raw) for choice in value["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def finish(raw: bytes) -> list[str]:
    choices = [choice for value in values(raw) for choice in value["choices"]]
    return [choice["finish_reason"] for choice in choices if choice["finish_reason"] is not None]
