"""A tenant that asks for more than it may is told so, and nobody else is held up by it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.access.ring import CHAT, QUERY, bearer, guarded, key, refusals
from tests.flow.held import Talker, until
from tests.flow.test_records import rows
from tests.flow.test_shedding import Held
from tests.servers import Received, Stack, completion_object, response

TWO = "\n  school: {requests: 2/day}"
ONE_AT_ONCE = "\n  default: {concurrency: 1}"


def running(given: Stack) -> dict[str, int]:
    assert given.gateway.access is not None
    return given.gateway.access.limiter.running


async def test_one_request_too_many_is_an_openai_error_that_says_when_to_come_again(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good"), tenants=TWO) as (given, client):
        answers = [await client.post(CHAT, json=QUERY, headers=bearer("good")) for _ in range(3)]
        assert refusals(given) == {("chat", "requests"): 1.0}
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit-requests"] for answer in answers} == {"2"}
    assert all("h" in answer.headers["x-ratelimit-reset-requests"] for answer in answers)
    error = answers[2].json()["error"]
    assert (error["code"], error["type"]) == ("rate_limit_exceeded", "requests")
    assert 0 < int(answers[2].headers["retry-after"]) <= 2 * 86_400
    assert len(given.upstream.received) == 2


async def test_tenants_do_not_pay_for_each_other_and_keys_of_one_do(tmp_path: Path) -> None:
    keys = key("first"), key("second"), key("other", tenant="hospital")
    async with guarded(tmp_path, *keys, tenants="\n  default: {requests: 2/day}") as (_, client):
        asked = ("first", "second", "first", "other", "second", "other", "other")
        statuses = [(await client.get("/v1/models", headers=bearer(id))).status_code for id in asked]
    assert statuses == [200, 200, 429, 200, 429, 200, 429]


async def test_who_is_not_let_in_uses_nothing_up(tmp_path: Path) -> None:
    keys = key("good"), key("narrow", scopes="models")
    async with guarded(tmp_path, *keys, tenants=TWO) as (_, client):
        for _ in range(3):
            assert (await client.post(CHAT, json=QUERY, headers=bearer("good", "t"))).status_code == 401
            assert (await client.post(CHAT, json=QUERY, headers=bearer("narrow"))).status_code == 403
        assert (await client.post(CHAT, json=QUERY, headers=bearer("good"))).status_code == 200


async def test_refused_requests_are_no_records(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway")
    audit = {"url": f"sqlite+aiosqlite:///{tmp_path}/audit.db"}
    async with guarded(tmp_path, key("good"), tenants=TWO, audit=audit) as (_, client):
        for _ in range(5):
            await client.post(CHAT, json=QUERY, headers=bearer("good"))
    assert [one.getMessage() for one in caplog.records].count("request_refused") == 3
    assert len(rows(tmp_path / "audit.db")) == 2


async def test_the_upstreams_own_limits_arrive_beside_ours_and_untouched_where_there_are_none(tmp_path: Path) -> None:
    async def upstream(request: Received, writer: asyncio.StreamWriter) -> None:
        said = {"X-RateLimit-Remaining-Requests": "7", "x-ratelimit-limit-tokens": "9"}
        writer.write(response(completion_object("Paris."), headers=said))
        await writer.drain()

    keys = key("good"), key("free", tenant="hospital")
    async with guarded(tmp_path, *keys, tenants=TWO, upstream=upstream) as (_, client):
        ours = (await client.post(CHAT, json=QUERY, headers=bearer("good"))).headers
        theirs = (await client.post(CHAT, json=QUERY, headers=bearer("free"))).headers
    assert ours["x-ratelimit-remaining-requests"] == "1"
    assert (ours["x-upstream-ratelimit-remaining-requests"], ours["x-upstream-ratelimit-limit-tokens"]) == ("7", "9")
    assert "x-ratelimit-limit-tokens" not in ours
    assert (theirs["x-ratelimit-remaining-requests"], theirs["x-ratelimit-limit-tokens"]) == ("7", "9")
    assert not any(name.startswith("x-upstream-ratelimit") for name in theirs)


async def test_over_the_concurrency_the_next_is_refused_unread_and_another_tenant_is_not(tmp_path: Path) -> None:
    held, keys = Held(), (key("good"), key("other", tenant="hospital"))
    async with guarded(tmp_path, *keys, tenants=ONE_AT_ONCE, upstream=held) as (given, client):
        first = asyncio.ensure_future(client.post(CHAT, json=QUERY, headers=bearer("good")))
        await held.arrived.wait()
        refused = await client.get("/v1/models", headers=bearer("good"))
        other = asyncio.ensure_future(client.get("/v1/models", headers=bearer("other")))
        await until(lambda: running(given) == {"school": 1, "hospital": 1})
        held.let.set()
        assert ((await first).status_code, (await other).status_code) == (200, 200)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert refusals(given) == {("models", "concurrency"): 1.0}
        await until(lambda: not running(given))


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_goes_away_gives_its_place_back(stream: bool, tmp_path: Path) -> None:
    upstream = Talker(3)
    async with guarded(tmp_path, key("good"), tenants=ONE_AT_ONCE, upstream=upstream) as (given, client):
        body = {**QUERY, "stream": stream}
        task = asyncio.ensure_future(client.post(CHAT, json=body, headers=bearer("good")))
        await until(lambda: running(given) == {"school": 1})
        await until(lambda: len(given.upstream.received) == 1)
        task.cancel()
        await until(lambda: not running(given))
        upstream.ended.set()


async def test_a_stream_that_is_cut_gives_its_place_back(tmp_path: Path) -> None:
    async def cut(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"9\r\ndata: {}\n\r\n")
        await writer.drain()
        writer.transport.abort()

    async with guarded(tmp_path, key("good"), tenants=ONE_AT_ONCE, upstream=cut) as (given, client):
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post(CHAT, json={**QUERY, "stream": True}, headers=bearer("good"))
            await until(lambda: not running(given))


@pytest.mark.parametrize("content", [b"not json", b"[]"])
async def test_a_bad_request_gives_its_place_back(content: bytes, tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good"), tenants=ONE_AT_ONCE) as (given, client):
        kind = {"content-type": "application/json"}
        for _ in range(3):
            assert (await client.post(CHAT, content=content, headers=bearer("good") | kind)).status_code == 400
        await until(lambda: not running(given))


@pytest.mark.parametrize("path", [CHAT, "/v1/moderations", "/v1/files"])
async def test_a_client_that_falls_silent_in_its_body_does_not_keep_its_place(path: str, tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "open.yaml").write_text("version: 1\nunscanned: [files]\nrules: []\n")
    more: dict[str, Any] = {"policies": policies, "limits": {"body_seconds": 0.1}}
    async with guarded(tmp_path, key("good"), tenants=ONE_AT_ONCE, **more) as (given, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(given.url.rpartition(":")[2]))
        head = {**bearer("good"), "host": "x", "content-length": "9"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\nsilent".encode())
        async with asyncio.timeout(5):
            answer = await reader.readuntil(b'"body_timeout"')
        await until(lambda: not running(given))
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408")
    assert given.upstream.bytes_received == 0


async def test_a_new_limit_holds_at_once_for_what_was_counted_before(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good"), tenants="\n  school: {requests: 9/day}") as (given, client):
        for _ in range(3):
            await client.get("/v1/models", headers=bearer("good"))
        path = tmp_path / "keys.yaml"
        path.write_text(path.read_text().replace("9/day", "3/day"))
        await until(lambda: given.gateway.metrics.access.reloads[("loaded",)]._value.get() == 1)
        assert (await client.get("/v1/models", headers=bearer("good"))).status_code == 429


async def test_openais_client_reads_the_refusal_as_its_own(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good"), tenants="\n  school: {requests: 1/day}") as (given, _):
        own = {"base_url": given.url + "/v1", "max_retries": 0}
        async with openai.AsyncOpenAI(api_key=bearer("good")["authorization"][7:], **own) as client:
            assert (await client.chat.completions.create(**QUERY)).choices[0].message.content == "Paris."
            with pytest.raises(openai.RateLimitError, match="1 requests a day"):
                await client.chat.completions.create(**QUERY)
        async with openai.AsyncOpenAI(api_key="sk-other", **own) as client:
            with pytest.raises(openai.AuthenticationError):
                await client.chat.completions.create(**QUERY)
