"""Who may ask: a good key opens, every other does not, and none of it reaches an upstream, a log or a record."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.settings import UpstreamSettings
from tests.access.ring import CHAT, PAST, QUERY, bearer, guarded, key, refusals, secret, text
from tests.flow.test_records import rows
from tests.servers import GuardianScript, running, serving, settings, stack, upstream_handler

GOOD = secret("good")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {GOOD}"},
        {"authorization": f"bearer  {GOOD}"},
        {"x-api-key": GOOD},
        {"api-key": GOOD},
        {"x-gateway-key": GOOD},
        {"authorization": f"Bearer {GOOD}", "x-api-key": GOOD},
        {"x-gateway-key": GOOD, "authorization": f"Bearer {GOOD}"},
    ],
)
async def test_a_good_key_opens_whichever_header_carries_it_and_stays_here(
    headers: dict[str, str], tmp_path: Path
) -> None:
    async with guarded(tmp_path, key("good")) as (given, client):
        answer = await client.post(CHAT, json=QUERY, headers={**headers, "x-note": f"my key is {GOOD}"})
        assert (await client.get("/v1/models", headers=headers)).status_code == 200
    assert answer.status_code == 200
    assert len(given.upstream.received) == 2
    for request in (*given.upstream.received, *given.guardian.received):
        sent = b"".join(f"{name}:{value}".encode() for name, value in request.headers) + request.body
        assert b"sssss" not in sent + request.target.encode()


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing"),
        ({"authorization": ""}, "missing"),
        ({"authorization": "Bearer"}, "missing"),
        ({"authorization": "Bearer sk-of-the-upstream"}, "invalid"),
        ({"authorization": f"Basic {GOOD}"}, "invalid"),
        ({"authorization": f"Bearer {GOOD}x"}, "invalid"),
        ({"authorization": f"Bearer {secret('good', 't')}"}, "invalid"),
        ({"authorization": f"Bearer {secret('nobody')}"}, "invalid"),
        ({"authorization": f"Bearer {GOOD}", "x-api-key": secret("other")}, "invalid"),
        ({"x-gateway-key": GOOD, "authorization": f"Bearer {secret('other')}"}, "invalid"),
        ({"x-gateway-key": "nonsense", "authorization": f"Bearer {GOOD}"}, "invalid"),
        ({"authorization": f"Bearer {secret('expired')}"}, "expired"),
        ({"authorization": f"Bearer {secret('expired', 't')}"}, "invalid"),
        ({"authorization": f"Bearer {secret('revoked')}"}, "revoked"),
    ],
)
async def test_without_a_good_key_nothing_is_asked_of_anybody(
    headers: dict[str, str], reason: str, tmp_path: Path
) -> None:
    keys = key("good"), key("other"), key("expired", expires=PAST), key("revoked", revoked=PAST)
    async with guarded(tmp_path, *keys) as (given, client):
        answers = [
            await client.post(CHAT, json=QUERY, headers=headers),
            await client.get("/v1/models", headers=headers),
        ]
        assert refusals(given) == {("chat", reason): 1.0, ("models", reason): 1.0}
    for answer in answers:
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["type"]) == (401, "invalid_api_key", "invalid_request_error")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (reason in error["message"]) == (reason in ("expired", "revoked"))
    assert (given.upstream.bytes_received, given.guardian.bytes_received) == (0, 0)


async def test_two_headers_of_one_name_with_different_keys_are_refused(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good"), key("other")) as (given, client):
        twice = [("authorization", f"Bearer {GOOD}"), ("authorization", f"Bearer {secret('other')}")]
        answer = await client.post(CHAT, json=QUERY, headers=twice)
    assert answer.status_code == 401
    assert given.upstream.bytes_received == 0


async def test_an_unknown_id_and_a_wrong_secret_are_told_alike(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good")) as (_, client):
        answers = [await client.post(CHAT, json=QUERY, headers=bearer(*one)) for one in (("nobody",), ("good", "t"))]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("query", [f"key={GOOD}", f"a=1&key={GOOD.replace('g', '%67')}"])
async def test_a_key_in_the_url_is_refused_although_another_is_in_a_header(query: str, tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good")) as (given, client):
        answer = await client.post(f"{CHAT}?{query}", json=QUERY, headers=bearer("good"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_in_url")
    assert given.upstream.bytes_received == 0


@pytest.mark.parametrize("path", [f"/v1/files/{GOOD}", f"/v1/models/{GOOD.replace('_', '%5f')}"])
async def test_a_key_in_the_path_reaches_no_upstream(path: str, tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "open.yaml").write_text("version: 1\nunscanned: [files]\nrules: []\n")
    async with guarded(tmp_path, key("good"), policies=policies) as (given, client):
        answer = await client.get(path, headers=bearer("good"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_in_url")
    assert given.upstream.bytes_received == 0


async def test_a_key_opens_what_its_scopes_name(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good", scopes="models")) as (given, client):
        assert (await client.get("/v1/models", headers=bearer("good"))).status_code == 200
        refused = await client.post(CHAT, json=QUERY, headers=bearer("good"))
        assert refusals(given) == {("chat", "scope"): 1.0}
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (403, "missing_scope")
    assert "`chat`" in error["message"]


@pytest.mark.parametrize(
    ("id", "status", "type", "code"),
    [
        ("nobody", 401, "authentication_error", "invalid_api_key"),
        ("narrow", 403, "permission_error", "missing_scope"),
        ("spent", 429, "rate_limit_error", "rate_limit_exceeded"),
    ],
)
async def test_an_anthropic_client_is_refused_in_its_own_words(
    id: str, status: int, type: str, code: str, tmp_path: Path
) -> None:
    keys = key("narrow", scopes="chat"), key("spent", scopes="messages")
    async with guarded(tmp_path, *keys, tenants="\n  school: {requests: 1/day}") as (_, client):
        body = {**QUERY, "max_tokens": 9}
        asked = [await client.post("/v1/messages", json=body, headers={"x-api-key": secret(id)}) for _ in range(2)]
    told = asked[1].json()
    assert (asked[1].status_code, told["type"], told["error"]["type"]) == (status, "error", type)
    assert told["error"]["code"] == code


@pytest.mark.parametrize(
    ("own", "headers", "arrive"),
    [
        (None, {"x-gateway-key": GOOD, "authorization": "Bearer sk-mine"}, {"authorization": "Bearer sk-mine"}),
        (None, {"x-gateway-key": GOOD, "x-api-key": "sk-mine"}, {"x-api-key": "sk-mine"}),
        (None, {"x-gateway-key": GOOD, "api-key": "sk-mine"}, {"api-key": "sk-mine"}),
        (None, {"authorization": f"Bearer {GOOD}"}, {}),
        (None, {"authorization": f"Bearer {GOOD}", "x-api-key": "sk-mine"}, {}),
        (None, {"x-api-key": GOOD, "authorization": "Bearer sk-mine"}, {}),
        ("sk-own", {"x-gateway-key": GOOD, "authorization": "Bearer sk-mine"}, {"authorization": "Bearer sk-own"}),
        ("sk-own", {"x-api-key": GOOD}, {"authorization": "Bearer sk-own"}),
    ],
)
async def test_which_key_the_upstream_gets(
    own: str | None, headers: dict[str, str], arrive: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "keys.yaml").write_text(text(key("good")))
    async with running(upstream_handler) as up, running(GuardianScript()) as guard:
        wanted = settings(up, guard, access={"keys": tmp_path / "keys.yaml"})
        upstream = UpstreamSettings(base_url=up.base_url, api_key=own)
        async with serving(wanted.model_copy(update={"upstream": upstream})) as gateway:
            async with httpx.AsyncClient() as client:
                assert (await client.post(gateway.url + CHAT, json=QUERY, headers=headers)).status_code == 200
    kept = {"authorization", "x-api-key", "api-key", "x-gateway-key"}
    assert {name: value for name, value in up.received[0].headers if name in kept} == arrive


async def test_without_a_file_of_keys_the_callers_key_is_the_upstreams() -> None:
    async with stack() as given, httpx.AsyncClient() as client:
        answer = await client.post(given.url + CHAT, json=QUERY, headers=bearer("good"))
    assert answer.status_code == 200
    assert given.upstream.received[0].header("authorization") == f"Bearer {GOOD}"
    assert "x-ratelimit-limit-requests" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/coverage"])
async def test_what_watches_the_gateway_needs_no_key(path: str, tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good")) as (_, client):
        assert (await client.get(path)).status_code == 200


async def test_the_body_of_a_request_without_a_key_is_not_read(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("good")) as (given, _):
        host, port = given.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert answer.startswith(b"HTTP/1.1 401")


async def test_no_key_is_in_a_log_a_record_or_a_response(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    database = tmp_path / "audit.db"
    keys = key("good"), key("expired", expires=PAST)
    async with guarded(tmp_path, *keys, audit={"url": f"sqlite+aiosqlite:///{database}"}) as (given, client):
        seen = []
        for id, letter in (("good", "s"), ("good", "t"), ("nobody", "s"), ("expired", "s")):
            named = {"x-request-id": secret(id, letter), "tracestate": secret(id, letter)}
            answer = await client.post(CHAT, json=QUERY, headers={**bearer(id, letter), **named})
            seen.append(str(answer.headers) + answer.text)
        seen.append(given.gateway.metrics.render()[0].decode())
    logged = [f"{one.getMessage()} {one.__dict__.get('fields')}" for one in caplog.records if one.name == "gateway"]
    assert sum("request_refused" in line for line in logged) == 3
    assert sum("'key': 'expired'" in line for line in logged) == 1
    found = "".join((*seen, *logged, *map(str, rows(database))))
    assert "sssss" not in found
    assert "ttttt" not in found
    assert len(rows(database)) == 1
    assert b"sssss" not in database.read_bytes()


async def test_a_policy_knows_a_keys_tenant_and_not_the_key(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "10.yaml").write_text(
        "version: 1\ndefault: forward\nrules:\n"
        "  - {name: school, match: {tenant: school}, action: {block: {status: 451}}}\n"
        "  - {name: seen, match: {header: {authorization: {contains: gg_}}}, action: {block: {status: 452}}}\n"
    )
    keys = key("good"), key("other", tenant="hospital")
    async with guarded(tmp_path, *keys, policies=tmp_path / "policies") as (_, client):
        statuses = [(await client.post(CHAT, json=QUERY, headers=bearer(id))).status_code for id in ("good", "other")]
    assert statuses == [451, 200]


@pytest.mark.parametrize(
    ("id", "named", "status", "tenant"),
    [
        ("mine", None, 200, "school"),
        ("mine", "school", 200, "school"),
        ("mine", "hospital", 403, None),
        ("trusted", None, 200, "default"),
        ("trusted", "hospital", 200, "hospital"),
    ],
)
async def test_whose_tenant_a_request_is(
    id: str, named: str | None, status: int, tenant: str | None, tmp_path: Path
) -> None:
    database = tmp_path / "audit.db"
    keys = key("mine"), key("trusted", tenant="from_header")
    more: dict[str, Any] = {"tenant_header": "X-Tenant", "audit": {"url": f"sqlite+aiosqlite:///{database}"}}
    async with guarded(tmp_path, *keys, **more) as (_, client):
        headers = bearer(id) | ({} if named is None else {"x-tenant": named})
        answer = await client.post(CHAT, json=QUERY, headers=headers)
    assert answer.status_code == status
    assert [row["tenant"] for row in rows(database)] == ([] if tenant is None else [tenant])
    assert status == 200 or answer.json()["error"]["code"] == "wrong_tenant"


@pytest.mark.parametrize("id", ["mine", "trusted"])
async def test_a_request_that_names_two_tenants_is_refused(id: str, tmp_path: Path) -> None:
    async with guarded(tmp_path, key("mine"), key("trusted", tenant="from_header"), tenant_header="X-Tenant") as (
        given,
        client,
    ):
        twice = [*bearer(id).items(), ("x-tenant", "hospital"), ("X-Tenant", "school")]
        answer = await client.post(CHAT, json=QUERY, headers=twice)
        assert refusals(given) == {("chat", "tenant"): 1.0}
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_header")
    assert given.upstream.bytes_received == 0
