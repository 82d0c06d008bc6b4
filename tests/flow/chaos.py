"""For the soak: guardians, upstreams and callers that do anything, in an order that a seed fixes; and what must not be
left when they are gone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gateway.gateway import Gateway
from gateway.guardian.admission import Admission
from gateway.guardian.breaker import Breaker
from gateway.guardian.cache import Cached
from gateway.upstream.endpoint import Endpoint
from tests.faults import FAULTS
from tests.flow.policies import CHAT, saying
from tests.servers import HARMFUL, GuardianScript, Handler, Received, response, upstream_handler

FAILING: tuple[Handler, ...] = tuple(
    handler for name, (_, handler) in sorted(FAULTS.items()) if not name.startswith("endless")
)
PLACES = 12
"""Of each guardian."""
LONG = "It is a long story, and it begins like this. " * 60


class ChaosGuardian:
    """Mostly a good guardian, slow at times; a `share` of the calls fail in any of the ways there are."""

    def __init__(self, seed: int, share: float) -> None:
        self.random = random.Random(seed)
        self.share = share

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if self.random.random() < self.share:
            await self.random.choice(FAILING)(request, writer)
            return
        script = GuardianScript(
            before_label=self.random.choice((0.0, 0.0, 0.0, 0.03, 0.2)),
            between_tokens=self.random.choice((0.0, 0.0, 0.02)),
            harm=self.random.choice((0.6, 0.99)),
            answer=("word ",) * self.random.choice((3, 3, 200)),
        )
        await script(request, writer)


class ChaosUpstream:
    """Answers shortly, at length, harmfully, not whole, or not at all."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.answers: tuple[Handler, ...] = (
            upstream_handler,
            upstream_handler,
            saying(LONG),
            saying(f"{LONG}{HARMFUL} {LONG}"),
            saying(LONG, cut=True),
            self.slow,
            self.fail,
        )

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        await self.random.choice(self.answers)(request, writer)

    async def slow(self, request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        await upstream_handler(request, writer)

    async def fail(self, request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b'{"error":{"message":"boom"}}', "500 Internal Server Error"))


async def never(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


class Callers:
    """So many queries, so many at a time; some of their clients go away at any moment, or stop reading."""

    def __init__(self, seed: int, port: int, at_once: int) -> None:
        self.random = random.Random(seed)
        self.port = port
        self.places = asyncio.Semaphore(at_once)
        self.statuses: dict[int, int] = {}

    async def call(self, queries: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(queries):
                await self.places.acquire()
                group.create_task(self.one(number)).add_done_callback(lambda _: self.places.release())

    async def one(self, number: int) -> None:
        chosen = self.random.choice((self.patient, self.patient, self.leaving, self.dozing))
        raw = json.dumps(self.query(number)).encode()
        tenant = self.random.choice(("words", "status", "elsewhere"))
        seconds = self.random.random() * 0.15
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-tenant: {tenant}\r\nconnection: close\r\n"
        writer.write(f"{head}content-length: {len(raw)}\r\n\r\n".encode() + raw)
        try:
            await chosen(reader, seconds)
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def query(self, number: int) -> dict[str, Any]:
        text = f"query {number % 40 if self.random.random() < 0.3 else number}"
        if self.random.random() < 0.4:
            text += f" {HARMFUL}"
        if self.random.random() < 0.1:
            text += " " + "and so on " * 100
        if self.random.random() < 0.1:
            text = base64.b64encode(text.encode()).decode()
        message = {"role": "user", "content": text}
        return {"model": "m", "messages": [message], "stream": self.random.random() < 0.5}

    async def patient(self, reader: asyncio.StreamReader, seconds: float) -> None:
        answer = await reader.read()
        if answer:
            status = int(answer[9:12])
            self.statuses[status] = self.statuses.get(status, 0) + 1

    async def leaving(self, reader: asyncio.StreamReader, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await reader.read()

    async def dozing(self, reader: asyncio.StreamReader, seconds: float) -> None:
        """Reads the beginning, and goes later."""
        with suppress(ConnectionError):
            await reader.read(200)
        await asyncio.sleep(seconds)


def parts(source: object) -> Iterator[object]:
    """A source and all that it stands before."""
    yield source
    for name in ("source", "first", "other", "larger", "writer"):
        if (inner := getattr(source, name, None)) is not None:
            yield from parts(inner)


def left(gateway: Gateway) -> list[str]:
    """What is still held, of all that a query may hold."""
    found = [] if "gateway_in_flight 0.0" in gateway.metrics.render()[0].decode() else ["in flight"]
    found += [f"{gateway.workload.requests} requests"] if gateway.workload.requests else []
    for name, guardian in gateway.guardians.items():
        found += [f"{name}: {what}" for part in parts(guardian.source) for what in held(part)]
        found += [f"{name}: {what}" for what in busy(guardian.endpoint)]
    for name, endpoint in gateway.upstreams.items():
        found += [f"upstream {name}: {what}" for what in busy(endpoint)]
    return found


def held(part: object) -> Iterator[str]:
    if isinstance(part, Admission):
        if part.waiting:
            yield f"{part.waiting} wait"
        if part.free._value != PLACES:
            yield f"{part.free._value} of {PLACES} places"
    if isinstance(part, Breaker) and part.circuit.tried:
        yield "a ticket"
    if isinstance(part, Cached):
        if part.cache.flights.under_way:
            yield "a flight"
        shared = part.cache.shared
        if shared is not None and (shared.reading or shared.writing):
            yield "a question to the store"


def busy(endpoint: Endpoint) -> Iterator[str]:
    pool = endpoint.transport.pool
    idle = sum(len(one) for one in pool.idle.values())
    if not len(pool.connections) == idle == pool.taken or pool.queue:
        yield f"{pool.taken} taken, {len(pool.connections)} connections, {idle} idle, {len(pool.queue)} in the queue"
