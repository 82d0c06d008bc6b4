"""With too many requests at work the next one is refused unread, and told to come again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.flow.test_records import rows
from tests.servers import Received, Stack, stack, upstream_handler

CHAT = "/v1/chat/completions"
QUERY = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


class Held:
    """An upstream that answers when the test lets it."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.let = asyncio.Event()

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        self.arrived.set()
        await self.let.wait()
        await upstream_handler(request, writer)


@asynccontextmanager
async def busy(**more: Any) -> AsyncIterator[tuple[Stack, httpx.AsyncClient, Held]]:
    """A gateway of one place, which is taken."""
    held = Held()
    async with stack(upstream=held, limits={"requests": 1}, **more) as given:
        async with httpx.AsyncClient(base_url=given.url, timeout=30) as client:
            first = asyncio.ensure_future(client.post(CHAT, json=QUERY))
            await held.arrived.wait()
            try:
                yield given, client, held
            finally:
                held.let.set()
                assert (await first).status_code == 200


async def test_the_refusal_is_an_openai_error_that_says_when_to_come_again() -> None:
    async with busy() as (given, client, _):
        refused = await client.post(CHAT, json=QUERY, headers={"x-request-id": "mine"})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["type"]) == (503, "overloaded", "api_error")
    assert (refused.headers["retry-after"], refused.headers["x-should-retry"]) == ("1", "true")
    names = ("x-guardian-action", "x-guardian-rule", "x-guardian-scanned", "x-request-id")
    assert [refused.headers[name] for name in names] == ["error", "none", "none", "mine"]
    assert len(given.guardian.received) == 1


async def test_the_body_of_a_request_that_is_refused_is_not_read() -> None:
    async with busy() as (given, _, _):
        host, port = given.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert answer.startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/coverage"])
async def test_what_watches_the_gateway_is_always_let_in(path: str) -> None:
    async with busy() as (_, client, held):
        held.let.set()
        seen = await client.get(path)
    assert seen.status_code == 200


async def test_a_place_is_free_again_when_its_request_has_ended() -> None:
    async with busy() as (given, client, held):
        assert (await client.post(CHAT, json=QUERY)).status_code == 503
        assert (await client.get("/v1/models")).status_code == 503
        held.let.set()
        while given.gateway.workload.full:
            await asyncio.sleep(0.005)
        assert (await client.post(CHAT, json=QUERY)).status_code == 200
        assert given.gateway.workload.requests == 0


async def test_a_client_that_goes_away_frees_its_place() -> None:
    held = Held()
    async with stack(upstream=held, limits={"requests": 1}) as given:
        async with httpx.AsyncClient(base_url=given.url) as client:
            task = asyncio.ensure_future(client.post(CHAT, json=QUERY))
            await held.arrived.wait()
            task.cancel()
            while given.gateway.workload.requests:
                await asyncio.sleep(0.005)
            held.let.set()
            assert (await client.post(CHAT, json=QUERY)).status_code == 200


async def test_it_is_counted_and_logged_and_not_audited(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway")
    async with busy(audit={"url": f"sqlite+aiosqlite:///{tmp_path}/audit.db"}) as (given, client, _):
        for _ in range(3):
            await client.post(CHAT, json=QUERY)
        metrics = given.gateway.metrics.render()[0].decode()
    assert 'gateway_requests_shed_total{surface="chat"} 3.0' in metrics
    assert [record.getMessage() for record in caplog.records].count("request_shed") == 3
    assert len(rows(tmp_path / "audit.db")) == 1


async def test_without_a_limit_nobody_is_refused() -> None:
    async with stack() as given, httpx.AsyncClient(base_url=given.url, timeout=30) as client:
        answers = await asyncio.gather(*(client.post(CHAT, json=QUERY) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


async def test_openais_client_repeats_a_refused_request_and_not_one_whose_guardian_is_down() -> None:
    """Its own rules, for which the headers are chosen: `x-should-retry` decides, `retry-after` is how long it waits."""
    async with busy() as (given, _, held):
        async with openai.AsyncOpenAI(base_url=given.url + "/v1", api_key="k", max_retries=3) as client:
            asking = asyncio.ensure_future(client.chat.completions.create(**QUERY))
            while not any(value.get() for value in refusals(given)):
                await asyncio.sleep(0.005)
            held.let.set()
            assert (await asking).choices[0].message.content == "Paris."
    async with stack(guardian=Gone()) as given:
        async with openai.AsyncOpenAI(base_url=given.url + "/v1", api_key="k", max_retries=3) as client:
            with pytest.raises(openai.InternalServerError):
                await client.chat.completions.create(**QUERY)
        assert given.gateway.metrics.queries[("chat", "block", "self-harm", "false")]._value.get() == 1


def refusals(given: Stack) -> list[Any]:
    return [child._value for child in given.gateway.metrics.shed.values()]


class Gone:
    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
