"""Bounded load for an OpenAI-compatible server, open loop or closed loop; prints its figures as JSON.

    python -m benchmarks.loadgen --url http://127.0.0.1:8080/v1/chat/completions --concurrency 32 --duration 5
    python -m benchmarks.loadgen --url ... --rate 200 --duration 5
    python -m benchmarks.loadgen --url ... --rate 50 --stream --prompt 'Hi [[mock:chunks=50,itl_ms=5,stamp=1]]'

Closed loop (--concurrency): each connection sends its next request when it has had the answer. Open loop (--rate):
requests are due at fixed times (or --poisson), whatever the answers do, and latency counts from the time a request was
*due*, so a stalled server cannot hide its queue (no coordinated omission). Percentiles are exact.

For streams: TTFT (the first event with content), gaps, events/s, and, when the mock stamps its events (stamp=1), the
transit: from the mock's write to our read. Only loopback addresses are accepted; count and time are always bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import gc
import ipaddress
import json
import random
import re
import sys
from array import array
from collections.abc import Sequence
from time import monotonic  # uvloop's loop.time() has a resolution of a millisecond only
from typing import Any, cast
from urllib.parse import urlsplit

import httptools

from benchmarks.event_loop import run as run_loop

CONTENT = re.compile(rb'"content":\s*"[^"]')
STAMP = re.compile(rb"@(\d+)@")
QUANTILES = (50, 75, 90, 95, 99, 99.9)
LETTERS = bytes.maketrans(b"0123456789", b"abcdefghij")
NUMBER = b"[[number]]"
"""In a prompt: another one in each request, so that none is answered from a cache."""
TIMER_SLACK = 0.002
"""Lateness of our own timers, in seconds, that is not laid to the server's charge."""


def summary(samples: Sequence[float]) -> dict[str, float] | None:
    """Exact percentiles of samples in seconds, in milliseconds."""
    if not samples:
        return None
    ordered, count = sorted(samples), len(samples)
    figures = {"mean": sum(ordered) / count, "min": ordered[0], "max": ordered[-1]}
    for quantile in QUANTILES:
        figures[f"p{quantile:g}"] = ordered[min(count - 1, int(count * quantile / 100))]
    return {"count": count, **{name: round(value * 1e3, 4) for name, value in figures.items()}}


class Load:
    """The plan, the idle connections and the figures of one run."""

    def __init__(self, options: argparse.Namespace, request: bytes) -> None:
        self.options, self.request = options, request
        self.numbered = NUMBER in request
        self.first_number = random.randrange(10**9)
        self.idle: list[Connection] = []
        self.queue: collections.deque[float] = collections.deque()
        self.connections: set[Connection] = set()
        self.connecting: set[asyncio.Task[None]] = set()
        self.sent = self.done = self.in_flight = self.events = self.max_queue = 0
        self.latency, self.ttft, self.gaps, self.transit = (array("d") for _ in range(4))
        self.statuses: collections.Counter[int] = collections.Counter()
        self.errors: collections.Counter[str] = collections.Counter()
        self.finished = asyncio.Event()
        self.stopping = False
        self.begin = self.end = self.deadline = 0.0

    def number(self) -> bytes:
        """Another one in every request of every run, in letters: ten digits in a row are looked at for a code."""
        return (b"%010d" % (self.first_number + self.sent)).translate(LETTERS)

    async def run(self) -> None:
        loop, o = asyncio.get_running_loop(), self.options
        for _ in range(min(o.warm_connections, o.max_connections) if o.rate else o.concurrency):
            await self.connect()
        self.begin = monotonic()
        self.deadline = self.begin + o.duration
        loop.call_later(o.duration, self.stop)
        if o.rate:
            self.pace(loop, self.begin, 0)
        else:
            self.fill()
        try:
            await asyncio.wait_for(self.finished.wait(), o.duration + o.drain)
        except TimeoutError:
            self.errors["unanswered"] += self.in_flight + len(self.queue)
        self.end = monotonic()
        for connection in list(self.connections):
            connection.transport.abort()

    def fill(self) -> None:
        """The closed loop's first requests, one on each connection."""
        for connection in list(self.idle):
            if self.sent < self.options.requests:
                self.idle.remove(connection)
                connection.send(monotonic())

    def pace(self, loop: asyncio.AbstractEventLoop, due: float, count: int) -> None:
        """Sends all that is due by now, then sleeps till the next due time."""
        now = monotonic()
        while due <= now:
            if count >= self.options.requests or due >= self.deadline:
                self.stop()
                return
            self.dispatch(now if now - due < TIMER_SLACK else due)
            count += 1
            due += random.expovariate(self.options.rate) if self.options.poisson else 1 / self.options.rate
        loop.call_later(due - now, self.pace, loop, due, count)

    def dispatch(self, due: float) -> None:
        if self.idle:
            self.idle.pop().send(due)
            return
        self.queue.append(due)
        self.max_queue = max(self.max_queue, len(self.queue))
        if len(self.connections) < self.options.max_connections:
            self.connect_soon()

    def connect_soon(self) -> None:
        task = asyncio.ensure_future(self.connect())
        self.connecting.add(task)
        task.add_done_callback(self.connecting.discard)

    async def connect(self) -> None:
        connection = Connection(self)
        self.connections.add(connection)
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection, self.options.host, self.options.port)
        except OSError as error:
            self.connections.discard(connection)
            self.errors[type(error).__name__] += 1
            if self.queue:
                self.queue.popleft()
            self.check_end()

    def free(self, connection: Connection) -> None:
        """A connection that can take a request: from the queue, or by the closed loop."""
        if self.queue:
            connection.send(self.queue.popleft())
        elif not self.options.rate and self.sent and not self.stopping and self.sent < self.options.requests:
            connection.send(monotonic())
        else:
            self.idle.append(connection)
            self.check_end()

    def stop(self) -> None:
        self.stopping = True
        self.check_end()

    def check_end(self) -> None:
        over = self.stopping or (not self.options.rate and self.sent >= self.options.requests)
        if over and not self.in_flight and not self.queue:
            self.finished.set()

    def report(self) -> dict[str, Any]:
        elapsed, ok = max(self.end - self.begin, 1e-9), self.statuses.get(200, 0)
        figures: dict[str, Any] = {
            "mode": "open" if self.options.rate else "closed",
            "elapsed_s": round(elapsed, 4),
            "sent": self.sent,
            "done": self.done,
            "ok": ok,
            "statuses": dict(self.statuses),
            "errors": dict(self.errors),
            "ok_rps": round(ok / elapsed, 2),
            "connections": len(self.connections),
            "max_queue": self.max_queue,
            "latency_ms": summary(self.latency),
        }
        if self.options.stream:
            figures["events"], figures["events_per_s"] = self.events, round(self.events / elapsed, 1)
            figures["ttft_ms"], figures["gap_ms"] = summary(self.ttft), summary(self.gaps)
            figures["transit_ms"] = summary(self.transit)
        return figures


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    def __init__(self, load: Load) -> None:
        self.load = load
        self.due: float | None = None
        self.parser: httptools.HttpResponseParser | None = None
        self.first: float | None = None
        self.last = 0.0
        self.pending = b""
        self.saw_done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.loop = cast("asyncio.Transport", transport), asyncio.get_running_loop()
        self.load.free(self)

    def send(self, due: float) -> None:
        self.due, self.parser = due, httptools.HttpResponseParser(self)
        self.first, self.pending, self.saw_done = None, b"", False
        self.load.sent += 1
        self.load.in_flight += 1
        request = self.load.request
        self.transport.write(request.replace(NUMBER, self.load.number()) if self.load.numbered else request)

    def data_received(self, data: bytes) -> None:
        if self.parser is None:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.load.errors["bad_http"] += 1
            self.load.in_flight -= 1
            self.parser = self.due = None
            self.transport.abort()

    def on_body(self, data: bytes) -> None:
        if not self.load.options.stream or self.due is None:
            return
        now, load = monotonic(), self.load
        data = self.pending + data
        cut = data.rfind(b"\n\n") + 2
        if cut < 2:
            self.pending = data
            return
        self.pending, data = data[cut:], data[:cut]
        count = data.count(b"data:")
        load.events += count
        if self.first is None:
            count = self.first_content(data, now, self.due, count)
        if count:
            load.gaps.append(now - self.last)
            load.gaps.extend([0.0] * (count - 1))
            self.last = now
        load.transit.extend(now - int(stamp) / 1e9 for stamp in STAMP.findall(data))
        self.saw_done = self.saw_done or b"[DONE]" in data[-20:]

    def first_content(self, data: bytes, now: float, due: float, count: int) -> int:
        """How many of the events come after the first that has content."""
        if not CONTENT.search(data):
            return 0
        self.first = self.last = now
        self.load.ttft.append(now - due)
        return count - 1

    def on_message_complete(self) -> None:
        load, parser, due = self.load, self.parser, self.due
        if parser is None or due is None or parser.get_status_code() == 100:
            return
        load.statuses[parser.get_status_code()] += 1
        if load.options.stream and not self.saw_done and parser.get_status_code() == 200:
            load.errors["no_done_event"] += 1
        load.done += 1
        load.in_flight -= 1
        load.latency.append(monotonic() - due)
        self.parser = self.due = None
        if parser.should_keep_alive():
            self.loop.call_soon(load.free, self)  # Not from inside the parser.
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        load = self.load
        if self.due is not None:
            load.errors["cut" if exc is None else type(exc).__name__] += 1
            load.in_flight -= 1
            self.due = None
        load.connections.discard(self)
        if self in load.idle:
            load.idle.remove(self)
        wanted = load.queue or (not load.options.rate and load.sent < load.options.requests)
        if wanted and not load.stopping and not load.finished.is_set():
            load.connect_soon()
        load.check_end()


def build_request(options: argparse.Namespace, target: str, authority: str) -> bytes:
    value = {"model": options.model, "messages": [{"role": "user", "content": options.prompt}]}
    body = json.dumps({**value, "stream": True} if options.stream else value).encode()
    lines = [
        f"POST {target} HTTP/1.1",
        f"host: {authority}",
        "content-type: application/json",
        "accept: " + ("text/event-stream" if options.stream else "application/json"),
        *options.header,
        f"content-length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def parse_options(arguments: list[str] | None = None) -> tuple[argparse.Namespace, bytes]:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True)
    p.add_argument("--rate", type=float, default=0, help="open loop: requests per second")
    p.add_argument("--concurrency", type=int, default=16, help="closed loop: connections")
    p.add_argument("--duration", type=float, default=5, help="seconds of sending, at most 300")
    p.add_argument("--requests", type=int, default=200_000, help="most requests to send, at most 1,000,000")
    p.add_argument("--drain", type=float, default=10, help="seconds to wait for the last answers")
    p.add_argument("--max-connections", type=int, default=512, help="open loop: most connections")
    p.add_argument("--warm-connections", type=int, default=4, help="open loop: opened beforehand")
    p.add_argument("--poisson", action="store_true", help="open loop: exponential gaps between requests")
    p.add_argument("--stream", action="store_true")
    p.add_argument("--model", default="mock")
    p.add_argument("--prompt", default="What is the capital of France, and why? Query [[number]]")
    p.add_argument("--header", action="append", default=[], help="'name: value', may be repeated")
    options = p.parse_args(arguments)
    url = urlsplit(options.url)
    options.host, options.port = url.hostname, url.port or 80
    if options.host == "localhost":
        options.host = "127.0.0.1"
    if not ipaddress.ip_address(options.host).is_loopback:
        p.error("only loopback addresses")
    if not 0 < options.duration <= 300 or not 0 < options.requests <= 1_000_000:
        p.error("duration or requests out of bounds")
    return options, build_request(options, (url.path or "/") + (f"?{url.query}" if url.query else ""), url.netloc)


async def measure(options: argparse.Namespace, request: bytes) -> dict[str, Any]:
    load = Load(options, request)
    gc.collect()
    gc.disable()
    await load.run()
    return load.report()


def main() -> None:
    json.dump(run_loop(measure(*parse_options())), sys.stdout)
    print()


if __name__ == "__main__":
    main()
