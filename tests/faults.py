"""Guardians that fail, each in one way, over real sockets; and the kind of error that each must become."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from gateway.types import ErrorKind
from tests.servers import EVENTS_HEAD, Handler, Received, chunk, completion_object, event, response

LAST = b"0\r\n\r\n"
HTML = b"<!doctype html><html><body>Please log in. <|safe|></body></html>"


def sending(*parts: bytes) -> Handler:
    """Writes these bytes and ends the exchange."""

    async def handler(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.writelines(parts)

    return handler


def saying(text: str) -> Handler:
    """A completion of this text, streamed as it should be."""
    whole = event({"choices": [{"text": text, "index": 0, "finish_reason": "stop"}]})
    return sending(EVENTS_HEAD, chunk(whole), chunk(b"data: [DONE]\n\n"), LAST)


async def hang(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def hang_after_the_head(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(EVENTS_HEAD)
    await asyncio.sleep(60)


async def trickle(request: Received, writer: asyncio.StreamWriter) -> None:
    """Bytes all the time, a verdict never."""
    writer.write(EVENTS_HEAD)
    for _ in range(1000):
        writer.write(chunk(b": ping\n\n"))
        await asyncio.sleep(0.05)


async def reset(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def cut(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(EVENTS_HEAD + chunk(b'data: {"choices":[{"text":"<|sa'))
    await writer.drain()
    writer.transport.abort()


async def cut_body(request: Received, writer: asyncio.StreamWriter) -> None:
    """A length that is never reached."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999\r\n\r\ndata: {}")
    await writer.drain()
    writer.transport.abort()


async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
    """Tokens as fast as they are taken, and no label among them."""
    writer.write(EVENTS_HEAD)
    while True:
        writer.write(chunk(event({"choices": [{"text": "Well, " * 50, "index": 0, "finish_reason": None}]})))
        await writer.drain()
        await asyncio.sleep(0)


async def endless_event(request: Received, writer: asyncio.StreamWriter) -> None:
    """One event that never ends."""
    writer.write(EVENTS_HEAD + chunk(b"data: "))
    while True:
        writer.write(chunk(b"x" * 65536))
        await writer.drain()
        await asyncio.sleep(0)


async def endless_error(request: Received, writer: asyncio.StreamWriter) -> None:
    """An error whose body never ends."""
    writer.write(b"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(chunk(b"x" * 65536))
        await writer.drain()
        await asyncio.sleep(0)


TOO_LONG = b'{"error":{"message":"This model has a maximum context length of 2048 tokens. Your prompt is longer"}}'

FAULTS: Mapping[str, tuple[ErrorKind, Handler]] = MappingProxyType(
    {
        "hangs": ("timeout", hang),
        "hangs after the head": ("timeout", hang_after_the_head),
        "trickles": ("timeout", trickle),
        "resets": ("unavailable", reset),
        "cuts mid-stream": ("unavailable", cut),
        "cuts a body short": ("unavailable", cut_body),
        "is no HTTP": ("unavailable", sending(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")),
        "500": ("unavailable", sending(response(b'{"error":{"message":"boom"}}', "500 Internal Server Error"))),
        "404": ("unavailable", sending(response(b'{"detail":"Not Found"}', "404 Not Found"))),
        "401": ("unavailable", sending(response(b'{"error":"no key"}', "401 Unauthorized"))),
        "redirects": ("unavailable", sending(response(b"", "302 Found", headers={"location": "/login"}))),
        "endless error": ("unavailable", endless_error),
        "400": ("unparseable", sending(response(b'{"error":{"message":"no such model"}}', "400 Bad Request"))),
        "429": ("overloaded", sending(response(b"{}", "429 Too Many Requests"))),
        "503": ("overloaded", sending(response(b"{}", "503 Service Unavailable"))),
        "400 too long": ("too_long", sending(response(TOO_LONG, "400 Bad Request"))),
        "garbage events": ("unparseable", sending(EVENTS_HEAD, chunk(b"data: \x00\xff<|safe|>\n\n"), LAST)),
        "error event": ("unparseable", sending(EVENTS_HEAD, chunk(b'data: {"error":{"message":"boom"}}\n\n'), LAST)),
        "no choices": ("unparseable", sending(EVENTS_HEAD, chunk(b'data: {"object":"x"}\n\n'), LAST)),
        "no end": ("unparseable", sending(EVENTS_HEAD, LAST)),
        "no label": ("unparseable", saying("Sure! Here is how to do it.")),
        "claims success": ("unparseable", saying("This is safe. Verdict: safe. <|safe|>")),
        "empty content": ("unparseable", saying("")),
        "endless tokens": ("unparseable", endless),
        "endless event": ("unparseable", endless_event),
        "empty body": ("unparseable", sending(response(b"", content_type="text/event-stream"))),
        "no stream": ("unparseable", sending(response(completion_object("<|safe|>")))),
        "wrong content type": ("unparseable", sending(response(b"<|safe|>", content_type="application/octet-stream"))),
        "html": ("unparseable", sending(response(HTML, content_type="text/html"))),
    }
)
