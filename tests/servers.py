"""Real servers on real sockets for tests: an upstream and a guardian that do exactly what a test says, and the
gateway itself.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.app import build_app
from gateway.assembly.opening import open_gateway
from gateway.cli.process import Server, config
from gateway.gateway import Gateway
from gateway.settings import Settings

ROOT = Path(__file__).parent.parent
HARMFUL = "HARMFUL"
"""The word by which the fake guardian knows a harmful query."""
SAFE_RESPONSE = ("I", "'m", " sorry", ",", " no", ".")


@dataclass
class Received:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    disconnected: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


class FakeServer:
    """HTTP/1.1 by hand: it counts every byte that it is sent, and writes exactly what its handler writes."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.received: list[Received] = []
        self.bytes_received = 0
        self.connections: set[asyncio.StreamWriter] = set()
        self.opened = 0
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        self.opened += 1
        try:
            while (request := await self.read(reader)) is not None:
                self.received.append(request)
                await self.serve(request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()

    async def serve(self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Runs the handler; it is cancelled, and the request marked, when the peer goes first."""
        work = asyncio.ensure_future(self.handler(request, writer))
        gone = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done() and gone.done():
            request.disconnected.set()
            work.cancel()
        gone.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)
        if request.disconnected.is_set():
            raise ConnectionResetError

    async def read(self, reader: asyncio.StreamReader) -> Received | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            self.bytes_received += len(error.partial)
            return None
        self.bytes_received += len(head)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, target, _ = first.split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int(next((v for n, v in headers if n.lower() == "content-length"), "0"))
        body = await reader.readexactly(length)
        self.bytes_received += len(body)
        return Received(method, target, headers, body)


@asynccontextmanager
async def running(handler: Handler) -> AsyncIterator[FakeServer]:
    server = FakeServer(handler)
    listener = await asyncio.start_server(server.connection, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for writer in list(server.connections):
            writer.transport.abort()


def response(
    body: bytes, status: str = "200 OK", content_type: str = "application/json", headers: dict[str, str] | None = None
) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n{more}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


EVENTS_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"


def completion_object(text: str, model: str = "upstream-model") -> bytes:
    message = {"role": "assistant", "content": text, "refusal": None}
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    body = {"id": "chatcmpl-up", "object": "chat.completion", "created": 1, "model": model, "choices": choices}
    return json.dumps({**body, "usage": usage, "x_unknown": {"kept": [1, 2]}}, indent=1).encode()


def completion_chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
    return event(
        {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
    )


async def upstream_handler(request: Received, writer: asyncio.StreamWriter) -> None:
    """A well-behaved upstream: `Paris.`, whole or in three chunks; `/models` too."""
    if request.method == "GET":
        models = {
            "object": "list",
            "data": [{"id": "upstream-model", "object": "model", "created": 1, "owned_by": "test"}],
        }
        writer.write(response(json.dumps(models).encode()))
    elif not (request.header("content-type") or "").startswith("multipart/") and request.json.get("stream"):
        writer.write(EVENTS_HEAD)
        for delta in ({"role": "assistant", "content": ""}, {"content": "Par"}, {"content": "is."}):
            writer.write(chunk(completion_chunk(delta)))
            await writer.drain()
        writer.write(chunk(completion_chunk({}, "stop")) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    else:
        writer.write(response(completion_object("Paris."), headers={"x-upstream": "yes", "X-Request-Id": "req-up"}))
    await writer.drain()


def llama_event(token: str, top: dict[str, float] | None = None, finish_reason: str | None = None) -> bytes:
    """One token as llama.cpp's server streams it."""
    logprobs = None
    if top is not None:
        ranked = [{"id": 0, "token": t, "bytes": list(t.encode()), "logprob": p} for t, p in top.items()]
        logprobs = {"content": [{**ranked[0], "top_logprobs": ranked}]}
    return event({"choices": [{"text": token, "index": 0, "logprobs": logprobs, "finish_reason": finish_reason}]})


def vllm_event(token: str, top: dict[str, float] | None = None, finish_reason: str | None = None) -> bytes:
    """One token as vLLM's legacy completions stream it."""
    logprobs = None
    if top is not None:
        logprobs = {"tokens": [token], "token_logprobs": [top[token]], "top_logprobs": [top], "text_offset": [0]}
    return event({"choices": [{"text": token, "index": 0, "logprobs": logprobs, "finish_reason": finish_reason}]})


@dataclass
class GuardianScript:
    """How the fake guardian behaves. `before_label` and `between_tokens` are seconds."""

    make_event: Callable[..., bytes] = llama_event
    before_label: float = 0.0
    between_tokens: float = 0.0
    harm: float = 0.99
    category: str = "<|crime|>"
    answer: tuple[str, ...] = SAFE_RESPONSE
    cut_after: int | None = None
    """Close the connection after this many events."""

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(response(b'{"object":"list","data":[]}'))
            return
        await asyncio.sleep(self.before_label)
        writer.write(EVENTS_HEAD)
        for i, one in enumerate(self.events(request.json["prompt"])):
            if i == self.cut_after:
                writer.transport.abort()
                return
            writer.write(chunk(one))
            await writer.drain()
            await asyncio.sleep(self.between_tokens)
        writer.write(b"0\r\n\r\n")

    def events(self, prompt: str) -> list[bytes]:
        from math import log

        forced = prompt.endswith("<|harm|>")
        harm = self.harm if HARMFUL in prompt else 1 - self.harm
        label = "<|harm|>" if harm >= 0.5 else "<|safe|>"
        top = dict(sorted({"<|harm|>": log(harm), "<|safe|>": log(1 - harm)}.items(), key=lambda item: -item[1]))
        first = [] if forced else [self.make_event(label, top)]
        words = (self.category, *self.answer) if forced or label == "<|harm|>" else ()
        rest = [self.make_event(word, {word: -0.1}) for word in words]
        return [*first, *rest, self.make_event("", None, "stop"), b"data: [DONE]\n\n"]


def settings(
    upstream: FakeServer, guardian: FakeServer, guardian_settings: dict[str, Any] | None = None, **more: Any
) -> Settings:
    """The gateway's settings between two fakes, with the shipped policies and no audit unless a test says otherwise."""
    default = {"base_url": guardian.base_url, "deadline_seconds": 5, **(guardian_settings or {})}
    wanted: dict[str, Any] = {
        "upstream": {"base_url": upstream.base_url},
        "guardians": {"default": default},
        "policies": ROOT / "policies",
        "audit": {"url": ""},
    }
    return Settings(**{**wanted, **more})


@dataclass
class Running:
    """The gateway on a socket, and its parts for looking inside."""

    url: str
    gateway: Gateway


class Prompt(Server):
    """The gateway's server, which ends at once where nothing is open: thousands of tests wait for its end."""

    async def main_loop(self) -> None:
        await self.on_tick(0)
        while not self.should_exit:
            await asyncio.sleep(0.005)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(0.005)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()


@asynccontextmanager
async def serving(wanted: Settings) -> AsyncIterator[Running]:
    """The gateway as `gateway serve` runs it, on a port of its own."""
    async with open_gateway(wanted, progress=lambda share: None) as gateway:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            server = Prompt(config(build_app(gateway)))
            task = asyncio.ensure_future(server.serve([sock]))
            while not server.started:
                await asyncio.sleep(0.005)
            try:
                yield Running(f"http://127.0.0.1:{sock.getsockname()[1]}", gateway)
            finally:
                server.should_exit = True
                await task


@dataclass
class Stack:
    """A gateway between a fake upstream and a fake guardian."""

    url: str
    gateway: Gateway
    upstream: FakeServer
    guardian: FakeServer


@asynccontextmanager
async def stack(
    upstream: Handler = upstream_handler, guardian: Handler | None = None, **more: Any
) -> AsyncIterator[Stack]:
    async with (
        running(upstream) as up,
        running(guardian or GuardianScript()) as guard,
        serving(settings(up, guard, **more)) as gateway,
    ):
        yield Stack(gateway.url, gateway.gateway, up, guard)
