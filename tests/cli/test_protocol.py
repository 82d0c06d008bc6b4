"""The client's side of a connection: what uvicorn alone would lose, mix up or tell in its own words."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.servers import Received, stack

BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def said(url: str, *pieces: bytes) -> bytes:
    """All that comes back, the client's side being closed after the last piece."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    raw = await reader.read()
    writer.close()
    await writer.wait_closed()
    return raw


@pytest.mark.parametrize("size", [1, 50, 10_000])
async def test_an_upgrade_is_declined_and_the_request_served(size: int) -> None:
    raw = POST + UPGRADE + LENGTH + b"\r\n" + BODY + POST + LENGTH + b"Connection: close\r\n\r\n" + BODY
    async with stack() as running:
        answers = await said(running.url, *(raw[at : at + size] for at in range(0, len(raw), size)))
        received = running.upstream.received
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert [(one.body, one.header("upgrade")) for one in received] == [(BODY, None), (BODY, None)]


async def test_what_follows_the_last_request_does_not_cost_it_its_answer() -> None:
    last = UPGRADE.replace(b"Upgrade,", b"Upgrade, close,", 1)
    async with stack() as running:
        answer = await said(running.url, POST + last + LENGTH + b"\r\n" + BODY + b"nonsense")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_trailer_is_no_header() -> None:
    chunks = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
    async with stack(tenant_header="x-tenant") as running:
        await said(running.url, POST + chunks + b"authorization: late\r\nX-Tenant: staff\r\n\r\n")
        (received,) = running.upstream.received
    assert (received.body, received.header("authorization"), received.header("x-tenant")) == (BODY, None, None)


@pytest.mark.parametrize(
    "raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nx y: 1\r\n\r\n", b"CONNECT x:443 HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_request_is_told_in_openais_shape(raw: bytes) -> None:
    async with stack() as running:
        head, _, body = (await said(running.url, raw)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nx-guardian-action: error\r\n" in head
    assert json.loads(body)["error"]["code"] == "invalid_http"


async def test_a_thousand_upgrades_at_once_are_declined_one_by_one() -> None:
    upgrade = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with stack() as running:
        answers = await said(running.url, upgrade * 999 + last)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 1000


async def test_a_client_that_sent_two_requests_at_once_and_left_is_gone_for_the_first_of_them() -> None:
    asked = asyncio.Event()

    async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with stack(upstream=silent) as running:
        _, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rpartition(":")[2]))
        writer.write((POST + LENGTH + b"\r\n" + BODY) * 2)
        await asked.wait()
        writer.close()
        async with asyncio.timeout(5):
            await running.upstream.received[0].disconnected.wait()
    assert len(running.upstream.received) == 1
