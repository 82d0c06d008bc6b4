"""A gateway under policies that a test writes itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.servers import (
    Handler,
    Received,
    Stack,
    chunk,
    completion_chunk,
    completion_object,
    response,
    stack,
    upstream_handler,
)

CHAT = "/v1/chat/completions"
HEAD = "version: 1\ndefault: forward\n"
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@asynccontextmanager
async def under(folder: Path, text: str, upstream: Handler | None = None, **more: Any) -> AsyncIterator[Stack]:
    """The gateway under this one file, `version: 1` and `default: forward` before it."""
    (folder / "10.yaml").write_text(HEAD + text, encoding="utf-8")
    given = {} if upstream is None else {"upstream": upstream}
    async with stack(policies=folder, **given, **more) as running:
        yield running


async def ask(running: Stack, text: str, **more: Any) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(running.url + CHAT, json=body)


def saying(text: str, *, cut: bool = False) -> Handler:
    """An upstream that answers with this text, streamed in pieces of three characters when it is asked to."""

    async def handler(request: Received, writer: Any) -> None:
        if request.method == "GET":
            await upstream_handler(request, writer)
        elif not request.json.get("stream"):
            writer.write(response(completion_object(text)))
        else:
            await streamed(writer, text, cut=cut)

    return handler


async def streamed(writer: Any, text: str, *, cut: bool) -> None:
    writer.write(EVENTS)
    for at in range(0, len(text), 3):
        writer.write(chunk(completion_chunk({"content": text[at : at + 3]})))
        await writer.drain()
    if cut:
        writer.transport.abort()
        return
    writer.write(chunk(completion_chunk({}, "stop")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def done(response: httpx.Response) -> tuple[str, str, str]:
    action, rule, scanned = (response.headers[f"x-guardian-{name}"] for name in ("action", "rule", "scanned"))
    return action, rule, scanned
