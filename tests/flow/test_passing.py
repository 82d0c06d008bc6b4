"""Endpoints that hold no query: refused by default, passed byte for byte where a policy names their group."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from gateway.app import build_app
from gateway.surfaces.passing import TABLE, Pattern, patterns
from gateway.unscanned import ENDPOINTS
from tests.flow.policies import under
from tests.servers import Received, Stack, response, running, serving, settings, stack, upstream_handler

LINES = list(patterns())
MEDIA = b"\x00\xff\r\n--x\r\nnot even a form"


def path_of(pattern: Pattern) -> str:
    return pattern.path.replace("{id}", "abc-1_2.X")


@asynccontextmanager
async def client_of(running: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url) as client:
        yield client


async def echo(request: Received, writer: Any) -> None:
    """What came, as an answer with a status and a header of its own."""
    body = f"{request.method} {request.target} ".encode() + request.body
    writer.write(response(body, "201 Created", "application/x-own", {"X-Own": "yes"}))


def test_every_group_that_policies_can_name_has_its_paths() -> None:
    assert TABLE.keys() == ENDPOINTS.keys()


@pytest.mark.parametrize("path", ["/v1/files/../x", "/v1/files/./a", "/v1/files/..", "/v1/x/../files", "/v1/files?a"])
def test_a_path_that_climbs_is_none_of_them(path: str) -> None:
    assert [line for line in LINES if line.matches(path.encode())] == []


async def test_all_of_them_are_refused_by_default_and_nothing_reaches_the_upstream() -> None:
    async with stack() as running, client_of(running) as client:
        for line in LINES:
            for method in line.methods:
                answer = await client.request(method, path_of(line), content=MEDIA if method == "POST" else None)
                error = answer.json()["error"]
                assert (answer.status_code, error["code"]) == (403, "unscanned_endpoint"), line
                assert (error["type"] == "permission_error") == ("/messages/batches" in line.path)
                told = f"no guardian judges `{path_of(line)}`, so it is refused"
                hint = f"it passes where a policy file names its group, in `unscanned: [{line.group}]`"
                assert error["message"] == f"{told}: {hint}"
                assert answer.headers["x-guardian-action"] == "error"
    assert running.upstream.bytes_received == 0


async def test_each_passes_byte_for_byte_where_a_policy_names_it(tmp_path: Path) -> None:
    async with under(tmp_path, f"unscanned: [{', '.join(TABLE)}]\nrules: []\n", upstream=echo) as running:
        async with client_of(running) as client:
            for line in LINES:
                for method in line.methods:
                    sent = MEDIA if method == "POST" else b""
                    target = f"{path_of(line)}?after=a%2Fb&limit=2&x"
                    answer = await client.request(method, target, content=sent, headers={"x-custom": "kept"})
                    assert answer.content == f"{method} {target} ".encode() + sent
                    assert (answer.status_code, answer.headers["x-own"]) == (201, "yes")
                    said = [answer.headers[f"x-guardian-{name}"] for name in ("action", "scanned", "unscanned")]
                    assert said == ["forward", "none", line.group]
                    assert running.upstream.received[-1].header("x-custom") == "kept"
    assert running.guardian.received == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/files"),
        ("HEAD", "/v1/files"),
        ("POST", "/v1/files/abc"),
        ("GET", "/v1/files/"),
        ("GET", "/v1/files/a/"),
        ("GET", "/v1//files"),
        ("GET", "/v1/Files"),
        ("GET", "/v1/files/.."),
        ("GET", "/v1/files/.hidden"),
        ("GET", "/v1/files/a..b"),
        ("GET", "/v1/files/%2e%2e"),
        ("GET", "/v1/files/a%2fcontent"),
        ("GET", "/v1/files/a%5ccontent"),
        ("GET", "/v1/fil%65s"),
        ("GET", "/v1/files/a;content"),
        ("GET", "/v1/files/a%00"),
        ("GET", "/v1/files/a%0a"),
        ("GET", "/v1/files/a/b"),
        ("GET", "/v1/files/%c3%a9"),
        ("GET", "/v1/audio/voices"),
        ("POST", "/v1/responses/abc"),
    ],
)
async def test_a_path_that_is_written_otherwise_is_unknown(method: str, path: str, tmp_path: Path) -> None:
    async with under(tmp_path, f"unscanned: [{', '.join(TABLE)}]\nrules: []\n", upstream=echo) as running:
        async with httpx.AsyncClient() as client:
            request = client.build_request(method, running.url)
            request.url = request.url.copy_with(raw_path=path.encode("latin-1"))
            answer = await client.send(request)
    assert answer.status_code in (404, 405)
    assert method == "HEAD" or answer.json()["error"]["code"] == "unknown_endpoint"
    assert running.upstream.bytes_received == 0


async def test_a_policy_opens_one_group_for_those_that_it_applies_to(tmp_path: Path) -> None:
    rule = (
        "applies_to: {tenant: lab, header: {x-app: nightly}, surface: files}\nunscanned: [files, batches]\nrules: []\n"
    )
    async with under(tmp_path, rule, tenant_header="x-tenant") as running, client_of(running) as client:
        open_to = {"x-tenant": "lab", "x-app": "nightly"}
        assert (await client.get("/v1/files", headers=open_to)).status_code == 200
        for path, headers in (
            ("/v1/files", {"x-tenant": "lab"}),
            ("/v1/files", {"x-tenant": "school", "x-app": "nightly"}),
            ("/v1/batches", open_to),
            ("/v1/evals", open_to),
        ):
            assert (await client.get(path, headers=headers)).status_code == 403
    assert [request.target for request in running.upstream.received] == ["/v1/files"]


async def test_a_group_goes_to_the_upstream_of_its_route_with_that_ones_key(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text("version: 1\ndefault: forward\nunscanned: files\nrules: []\n")
    async with running(upstream_handler) as usual, running(echo) as files, running(upstream_handler) as guard:
        own = {"files": {"base_url": files.base_url, "api_key": "sk-own"}}
        wanted = settings(usual, guard, policies=tmp_path, upstreams=own, routes={"files": "files"})
        async with serving(wanted) as gateway, httpx.AsyncClient(base_url=gateway.url) as client:
            answer = await client.delete("/v1/files/f-1", headers={"authorization": "Bearer sk-caller"})
    assert answer.content == b"DELETE /v1/files/f-1 "
    assert files.received[0].header("authorization") == "Bearer sk-own"
    assert usual.bytes_received == 0


async def test_what_an_anthropic_client_asks_for_goes_where_its_messages_go(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text("version: 1\ndefault: forward\nunscanned: [files, batches]\nrules: []\n")
    async with running(echo) as usual, running(echo) as anthropic, running(upstream_handler) as guard:
        own = {"anthropic": {"base_url": anthropic.base_url}}
        wanted = settings(usual, guard, policies=tmp_path, upstreams=own, routes={"messages": "anthropic"})
        async with serving(wanted) as gateway, httpx.AsyncClient(base_url=gateway.url) as client:
            await client.get("/v1/messages/batches/b-1/results")
            await client.get("/v1/files", headers={"anthropic-version": "2023-06-01"})
            closed = await client.get("/v1/evals", headers={"anthropic-version": "2023-06-01"})
            await client.get("/v1/batches")
    assert [one.target for one in anthropic.received] == ["/v1/messages/batches/b-1/results", "/v1/files"]
    assert [one.target for one in usual.received] == ["/v1/batches"]
    assert (closed.status_code, closed.json()["error"]["type"]) == (403, "permission_error")


async def test_a_body_over_the_limit_is_refused_and_a_closed_endpoint_reads_none(tmp_path: Path) -> None:
    limits = {"body_bytes": 1000}
    async with under(tmp_path, "unscanned: files\nrules: []\n", limits=limits) as running, client_of(running) as client:
        large = await client.post("/v1/files", content=b"x" * 1001)
        closed = await client.post("/v1/batches", content=b"x" * 1001)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "body_too_large")
    assert (closed.status_code, closed.json()["error"]["code"]) == (403, "unscanned_endpoint")
    assert running.upstream.bytes_received == 0


async def test_each_leaves_a_record(tmp_path: Path) -> None:
    audit = {"url": f"sqlite+aiosqlite:///{tmp_path}/audit.db"}
    async with under(tmp_path, "unscanned: files\nrules: []\n", audit=audit) as running, client_of(running) as client:
        await client.get("/v1/files")
        await client.get("/v1/evals")
        metrics = (await client.get("/metrics")).text
    with sqlite3.connect(tmp_path / "audit.db") as database:
        names = "surface, action, scanned, unscanned, status, upstream, ended"
        found = list(database.execute(f"select {names} from audit order by started"))
    assert found == [
        ("files", "forward", "none", "files", 200, "default", "complete"),
        ("evals", "error", "none", "", 403, None, "complete"),
    ]
    assert 'gateway_unscanned_total{rule="none",surface="files"} 1' in metrics


async def test_a_websocket_is_refused_in_http(tmp_path: Path) -> None:
    upgrade = (
        b"GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nhost: gateway\r\n"
        b"connection: Upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with under(tmp_path, "unscanned: realtime\nrules: []\n") as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rpartition(":")[2]))
        writer.write(upgrade)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readuntil(b"}}")
        writer.close()
        with pytest.raises(WebSocketDenialResponse) as denied, TestClient(build_app(running.gateway)) as client:
            with client.websocket_connect("/v1/realtime"):
                pytest.fail("it was accepted")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"code":"websocket_unsupported"' in body
    assert (denied.value.status_code, denied.value.json()["error"]["code"]) == (400, "websocket_unsupported")
    assert running.upstream.bytes_received == 0
