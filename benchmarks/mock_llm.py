"""A fast mock of the models: an OpenAI-compatible upstream and a guardian in one process, with faults on demand.

    python -m benchmarks.mock_llm --port 19000

A raw asyncio protocol on httptools (and uvloop when it is there): one core answers some 20,000 to 50,000 requests/s, so
that what is measured is the gateway. Every answer is prepared once.

  POST [/any]/v1/chat/completions   the upstream: JSON or SSE
  POST [/any]/v1/completions        the guardian (family `slm_guardian`): streams `<|safe|>`, or `<|harm|><|crime|>` and
                                    a safe response when the prompt holds --marker
  POST /guardian/v1/chat/completions, /v1/moderations, /webhook, /beta/litellm_basic_guardrail_api
                                    what other gateways ask as a guardian
  GET  /stats, POST /stats/reset    the counters, as JSON; any other path gets a small JSON that pleases health checks

Knobs are `key=value` pairs joined by commas. The later of these wins: --knobs, the query string, the header `x-mock`,
and `[[mock:chunks=50,itl_ms=5]]` in the body, which gets through gateways that drop headers and query strings.

  tokens=32 words of a whole answer      chunks=32 words of a stream      stamp=0 1: each word is `@monotonic_ns@`
  ttft_ms=0 itl_ms=0 total_ms=0 of the upstream      guard_ms=0 guard_itl_ms=2 of the guardian      shape=vllm | llama
  fault= 500 429 503 reset stall malformed slow cut reset_mid stall_mid malformed_mid
  fault_at=5 the event before which a fault in the middle strikes
  fault_rate=1 the share of calls that suffer it      fault_role=any | upstream | guardian
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import socket
import time
from dataclasses import dataclass, fields, replace
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

import httptools
import orjson

from benchmarks.event_loop import run
from benchmarks.mock_answers import HARM, STREAM_HEAD, Answers, Shape, chunk, response

DIRECTIVE = re.compile(rb"\[\[mock:([^\]]*)\]\]")
ERRORS = {"500": "", "429": "retry-after: 1\r\n", "503": "retry-after: 1\r\n"}


@dataclass(frozen=True, slots=True)
class Knobs:
    tokens: int = 32
    chunks: int = 32
    stamp: int = 0
    ttft_ms: float = 0.0
    itl_ms: float = 0.0
    total_ms: float = 0.0
    guard_ms: float = 0.0
    guard_itl_ms: float = 2.0
    shape: str = "vllm"
    fault: str = ""
    fault_at: int = 5
    fault_rate: float = 1.0
    fault_role: str = "any"
    slow_ms: float = 2000.0

    def turned(self, *texts: str) -> Knobs:
        types: dict[str, type] = {field.name: type(getattr(DEFAULTS, field.name)) for field in fields(Knobs)}
        pairs = [pair for text in texts for pair in parse_qsl(text.replace(",", "&"))]
        return replace(self, **{key: types[key](value) for key, value in pairs if key in types})


DEFAULTS = Knobs()


@dataclass(slots=True)
class Stats:
    """What came in. `early_closed` are streams that the other side closed before their end."""

    requests: int = 0
    chat: int = 0
    guardian: int = 0
    harmful: int = 0
    other: int = 0
    faults: int = 0
    connections: int = 0
    open_streams: int = 0
    early_closed: int = 0
    events: int = 0

    def reset(self) -> None:
        for field in fields(self):
            if field.name != "open_streams":
                setattr(self, field.name, 0)


@dataclass(slots=True)
class Mock:
    """What all connections share."""

    knobs: Knobs
    marker: bytes
    answers: Answers
    stats: Stats


class Connection(asyncio.Protocol):
    """One client's connection. A request that comes before the last one is answered is not expected."""

    transport: asyncio.Transport

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.stats = mock.stats
        self.loop = asyncio.get_running_loop()
        self.parser = httptools.HttpRequestParser(self)
        self.timer: asyncio.TimerHandle | None = None
        self.streaming = False
        self.url = self.knob_header = b""
        self.body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.stats.connections += 1
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if self.streaming:
            self.ended()
            self.stats.early_closed += 1

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.write(response(400, b"{}"))
            self.transport.close()

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        self.url, self.knob_header, self.body = b"", b"", []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(name) == 6 and name.lower() == b"x-mock":
            self.knob_header = value

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.stats.requests += 1
        path, _, query = self.url.partition(b"?")
        body = b"".join(self.body)
        if path.endswith(b"/completions"):
            self.generate(path, query, body)
        else:
            self.answer(path, body)

    # What is answered.

    def answer(self, path: bytes, body: bytes) -> None:
        """Everything that is no generation."""
        self.stats.other += 1
        harmful = self.mock.marker in body
        if path == b"/stats/reset":
            self.stats.reset()
        value: object
        if path.startswith(b"/stats"):
            value = self.stats
        elif path.endswith(b"/moderations"):
            result = {"flagged": harmful, "categories": {"harassment": harmful}, "category_scores": {"harassment": 0.5}}
            value = {"id": "modr-mock", "model": "omni-moderation-latest", "results": [result]}
        elif path == b"/webhook":
            value = {"verdict": not harmful, "data": {}}
        elif path.endswith(b"/litellm_basic_guardrail_api"):
            value = {"action": "BLOCKED", "blocked_reason": "harmful"} if harmful else {"action": "NONE"}
        else:
            models = [
                {"id": name, "object": "model", "created": 1, "owned_by": "mock"} for name in ("mock", "guardian")
            ]
            value = {"object": "list", "status": "ok", "data": models}
        self.later(0 if path.startswith(b"/stats") else self.mock.knobs.guard_ms, self.send, response(200, value))

    def generate(self, path: bytes, query: bytes, body: bytes) -> None:
        try:
            request = orjson.loads(body)
            model = request.get("model") or "mock"
        except (orjson.JSONDecodeError, AttributeError):
            self.send(response(400, {"error": {"message": "not a JSON object", "type": "invalid_request_error"}}))
            return
        knobs = self.turned(query, body)
        text = not path.endswith(b"/chat/completions")
        guardian = text or path.startswith(b"/guardian")
        fault = self.fault(knobs, "guardian" if guardian else "upstream")
        if guardian:
            self.stats.guardian += 1
            self.stats.harmful += self.mock.marker in body
        else:
            self.stats.chat += 1
        if fault is None:
            return
        wait = knobs.slow_ms if fault == "slow" else 0.0
        if text:
            self.judge(request, model, knobs, fault, wait)
        elif guardian:
            said = ("Yes", "No") if self.mock.marker in body else ("No", "Yes")
            self.later(wait + knobs.guard_ms, self.send, self.mock.answers.one_token(model, *said))
        elif request.get("stream"):
            frame = self.mock.answers.frame(model) if knobs.stamp else None
            events = self.mock.answers.stream(model, knobs.chunks)
            self.stream(events, knobs, fault, wait + knobs.ttft_ms, knobs.itl_ms, frame)
        else:
            count = min(knobs.tokens, request.get("max_tokens") or knobs.tokens)
            self.later(wait + knobs.total_ms, self.send, self.mock.answers.completion(model, count))

    def judge(self, request: dict[str, Any], model: str, knobs: Knobs, fault: str, wait: float) -> None:
        prompt = str(request.get("prompt"))
        events = self.mock.answers.guardian(
            model,
            cast("Shape", knobs.shape),
            harmful=self.mock.marker.decode() in prompt,
            forced=prompt.endswith(HARM),
        )
        self.stream(events, knobs, fault, wait + knobs.guard_ms, knobs.guard_itl_ms, None)

    def turned(self, query: bytes, body: bytes) -> Knobs:
        knobs = self.mock.knobs
        if not (query or self.knob_header or b"[[mock:" in body):
            return knobs
        directives = [unquote(found.decode()) for found in DIRECTIVE.findall(body)]
        return knobs.turned(query.decode(), self.knob_header.decode(), *directives)

    def fault(self, knobs: Knobs, role: str) -> str | None:
        """The fault that this call still has to suffer; None when it has suffered it."""
        fault = knobs.fault
        if not fault or knobs.fault_role not in ("any", role) or random.random() >= knobs.fault_rate:
            return ""
        self.stats.faults += 1
        if fault in ERRORS:
            error = {"error": {"message": f"mock fault {fault}", "type": "mock_fault", "code": None}}
            self.send(response(int(fault), error, ERRORS[fault]))
        elif fault == "reset":
            self.reset()
        elif fault == "malformed":
            self.send(response(200, b'{"id":"chatcmpl-mock","choices":[{"index":0,"mess'))
        elif fault != "stall":
            return fault
        return None

    # How it is written.

    def later(self, delay_ms: float, call: Any, *args: Any) -> None:
        if delay_ms > 0:
            self.timer = self.loop.call_later(delay_ms / 1000, call, *args)
        else:
            call(*args)

    def send(self, data: bytes) -> None:
        self.transport.write(data)
        if not self.parser.should_keep_alive():
            self.transport.close()

    def reset(self) -> None:
        """A TCP RST, so that the peer sees ECONNRESET."""
        linger = b"\1\0\0\0\0\0\0\0"
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    def ended(self) -> None:
        self.streaming = False
        self.stats.open_streams -= 1

    def stream(
        self,
        events: list[bytes],
        knobs: Knobs,
        fault: str,
        delay_ms: float,
        gap_ms: float,
        frame: tuple[bytes, bytes] | None,
    ) -> None:
        self.streaming = True
        self.stats.open_streams += 1
        self.later(delay_ms, Stream(self, events, fault, knobs.fault_at, gap_ms / 1000, frame).begin)


class Stream:
    """Writes its events one by one, `gap` seconds apart on a fixed grid, so that lateness does not add up."""

    def __init__(
        self,
        connection: Connection,
        events: list[bytes],
        fault: str,
        fault_at: int,
        gap: float,
        frame: tuple[bytes, bytes] | None,
    ) -> None:
        self.connection = connection
        self.transport = connection.transport
        self.events = events
        self.fault, self.fault_at = fault, fault_at
        self.gap = gap
        self.frame = frame
        self.index = 0
        self.start = 0.0

    def begin(self) -> None:
        self.start = self.connection.loop.time()
        self.transport.write(STREAM_HEAD + self.events[0])
        self.next()

    def next(self) -> None:
        self.index += 1
        loop = self.connection.loop
        if self.gap:
            self.connection.timer = loop.call_at(self.start + self.index * self.gap, self.step)
        else:
            loop.call_soon(self.step)

    def step(self) -> None:
        if self.transport.is_closing() or (self.fault and self.index == self.fault_at and self.struck()):
            return
        if self.index == len(self.events) - 1:
            self.connection.ended()
            self.connection.stats.events += len(self.events)
            self.connection.send(self.events[self.index])
            return
        if self.frame is None or self.index == len(self.events) - 2:
            self.transport.write(self.events[self.index])
        else:
            self.transport.write(chunk(b"%b@%d@%b" % (self.frame[0], time.monotonic_ns(), self.frame[1])))
        self.next()

    def struck(self) -> bool:
        """Whether the fault ends the stream."""
        if self.fault == "cut":
            self.transport.close()
        elif self.fault == "reset_mid":
            self.connection.reset()
        elif self.fault == "malformed_mid":
            self.transport.write(chunk(b'data: {"id":"chatcmpl-mock","choi\n\n'))
        return self.fault in ("cut", "reset_mid", "stall_mid")


async def serve(mock: Mock, host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(mock), host, port, backlog=4096)
    print(f"mock_llm on http://{host}:{port}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=19000)
    parser.add_argument("--knobs", default="", help="defaults, as key=value,key=value")
    parser.add_argument("--marker", default="HARMFUL", help="the word that makes a query harmful")
    options = parser.parse_args()
    mock = Mock(DEFAULTS.turned(options.knobs), options.marker.encode(), Answers(), Stats())
    run(serve(mock, options.host, options.port))


if __name__ == "__main__":
    main()
