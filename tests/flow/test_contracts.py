"""Contracts 2, 3, 5, 6 and 8, each over real sockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from gateway.settings import UpstreamSettings
from tests.faults import FAULTS
from tests.guardian.parts import free_places
from tests.servers import (
    EVENTS_HEAD,
    HARMFUL,
    GuardianScript,
    Received,
    Stack,
    chunk,
    completion_object,
    llama_event,
    running,
    serving,
    settings,
    stack,
    upstream_handler,
    vllm_event,
)

CHAT = "/v1/chat/completions"


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


async def post(running: Stack, content: Any, path: str = CHAT, **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30) as client:
        if isinstance(content, bytes):
            headers = {"content-type": "application/json", **more.pop("headers", {})}
            return await client.post(running.url + path, content=content, headers=headers, **more)
        return await client.post(running.url + path, json=content, **more)


def said(response: httpx.Response) -> tuple[str, str, str]:
    return tuple(response.headers[f"x-guardian-{name}"] for name in ("action", "rule", "scanned"))  # type: ignore[return-value]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("make_event", [GuardianScript.make_event, vllm_event])
async def test_2_a_harmful_query_sends_no_byte_to_the_upstream(*, stream: bool, make_event: Any) -> None:
    async with stack(guardian=GuardianScript(make_event=make_event)) as running:
        answer = await post(running, body(f"{HARMFUL}!", stream=stream))
    assert said(answer) == ("respond", "unsafe", "input")
    assert (running.upstream.bytes_received, len(running.upstream.connections)) == (0, 0)
    assert len(running.guardian.received) == 1


async def test_2_what_is_forwarded_is_what_came_byte_for_byte() -> None:
    turn = b'{"role":"user","content":"\\u0068i \\ud83d\\ude00"}'
    raw = b'{ "model":"m", "unknown" : {"deep":[1.0, 1e5]},\n "messages":[' + turn + b"] }"
    async with stack() as running:
        await post(running, raw)
    assert running.upstream.received[0].body == raw


@pytest.mark.parametrize("fault", FAULTS)
async def test_3_a_failed_guardian_is_never_safe(fault: str) -> None:
    kind, handler = FAULTS[fault]
    async with running(upstream_handler) as up, running(handler) as guard:
        guardians = {"default": {"base_url": guard.base_url, "deadline_seconds": 0.4 if kind == "timeout" else 30}}
        async with serving(settings(up, guard, guardians=guardians)) as gateway:
            answer = await post(Stack(gateway.url, gateway.gateway, up, guard), body("hello"))
            metrics = gateway.gateway.metrics.render()[0].decode()
            assert free_places(gateway.gateway.guardians["default"]) == 64
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "guardian_unavailable"
    assert (answer.headers["x-guardian-scanned"], answer.headers["x-should-retry"]) == ("failed", "false")
    assert up.bytes_received == 0
    assert f'gateway_guardian_errors_total{{guardian="default",kind="{kind}"}} 1.0' in metrics


async def test_3_a_guardian_that_is_not_there_is_unavailable() -> None:
    async with running(upstream_handler) as up, running(upstream_handler) as guard:
        gone = {"default": {"base_url": "http://127.0.0.1:9/v1"}}
        async with serving(settings(up, guard, guardians=gone)) as gateway:
            answer = await post(Stack(gateway.url, gateway.gateway, up, guard), body("hello"))
    assert (answer.status_code, up.bytes_received) == (503, 0)


@pytest.mark.parametrize("name", ["content-type", "Content-Encoding"])
async def test_1_a_header_that_says_how_to_read_the_body_is_there_once(name: str) -> None:
    value = "application/json" if name == "content-type" else "identity"
    async with stack() as running, httpx.AsyncClient() as client:
        twice = [(name, "multipart/form-data"), (name, value)]
        content = json.dumps(body("hello")).encode()
        answer = await client.post(running.url + CHAT, content=content, headers=twice)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_header")
    assert running.upstream.bytes_received == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/poems"),
        ("DELETE", "/v1/models/m"),
        ("POST", "/v1//chat/completions"),
        ("POST", "/v1/chat/completions/"),
        ("POST", "/V1/chat/completions"),
        ("POST", "/v1/chat/completions/x/y"),
        ("GET", "/v1/models/../chat"),
        ("GET", "/v1/models/%2e%2e/x"),
        ("GET", "/tokenize"),
        ("GET", "/v1/realtime"),
    ],
)
async def test_4_an_endpoint_that_is_not_judged_is_refused(method: str, path: str) -> None:
    async with stack() as running, httpx.AsyncClient() as client:
        request = client.build_request(method, running.url, json=body("hi") if method == "POST" else None)
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await client.send(request)
    assert answer.status_code in (400, 404, 405)
    error = answer.json()["error"]
    assert error["code"] in ("unknown_endpoint", "invalid_model", "websocket_unsupported")
    said = ("x-guardian-action", "x-guardian-rule", "x-guardian-scanned")
    assert [answer.headers.get(name) for name in said] == ["error", "none", "none"]
    assert answer.headers.get("x-guardian-policy") == running.gateway.policies.current.version
    assert answer.headers.get("x-request-id")
    assert error["code"] != "unknown_endpoint" or "/v1/models/{model}, " in error["message"]
    assert running.upstream.bytes_received == 0


async def test_5_allowed_means_untouched() -> None:
    async with stack() as running:
        answer = await post(
            running, body("hello"), headers={"x-custom": "kept", "connection": "keep-alive, x-hop", "x-hop": "1"}
        )
    assert answer.content == completion_object("Paris.")
    assert (answer.headers["x-upstream"], answer.headers["x-upstream-request-id"]) == ("yes", "req-up")
    received = running.upstream.received[0]
    assert (received.header("x-custom"), received.header("x-hop")) == ("kept", None)


async def test_5_a_stream_passes_chunk_by_chunk_as_it_comes() -> None:
    second = asyncio.Event()

    async def halting(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS_HEAD + chunk(b"data: one\n\ndata: t"))
        await second.wait()
        writer.write(chunk(b"wo\n\n") + b"0\r\n\r\n")

    async with stack(upstream=halting) as running, httpx.AsyncClient() as client:
        async with client.stream("POST", running.url + CHAT, json=body("hello", stream=True)) as answer:
            pieces = answer.aiter_raw()
            first = await anext(pieces)
            second.set()
            rest = b"".join([piece async for piece in pieces])
    assert (first, rest) == (b"data: one\n\ndata: t", b"wo\n\n")


async def test_5_a_stream_that_the_upstream_cuts_is_cut() -> None:
    async def cutting(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS_HEAD + chunk(b"data: one\n\n"))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    async with stack(upstream=cutting) as running:
        with pytest.raises(httpx.RemoteProtocolError):
            await post(running, body("hello", stream=True))


async def test_5_an_upstream_that_is_not_there_is_told_as_such() -> None:
    async with running(upstream_handler) as up, running(GuardianScript()) as guard:
        nowhere = UpstreamSettings(base_url="http://127.0.0.1:9/v1")
        async with serving(settings(up, guard).model_copy(update={"upstream": nowhere})) as gateway:
            answer = await post(Stack(gateway.url, gateway.gateway, up, guard), body("hello"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_unavailable")
    assert said(answer) == ("error", "default", "input")


@pytest.mark.parametrize(
    ("content", "status", "action"),
    [
        (body("hello"), 200, "forward"),
        (body(HARMFUL), 200, "respond"),
        (body(HARMFUL, tools=[{"type": "function"}]), 400, "block"),
        (b'{"model":', 400, "error"),
        (body("hi") | {"messages": [{"role": "oracle", "content": "x"}]}, 400, "error"),
    ],
)
async def test_6_every_response_says_what_happened(content: Any, status: int, action: str) -> None:
    async with stack() as running:
        answer = await post(running, content, headers={"x-request-id": "mine-1"})
        version = running.gateway.policies.current.version
    assert (answer.status_code, answer.headers["x-guardian-action"]) == (status, action)
    assert answer.headers["x-guardian-policy"] == version
    assert answer.headers["x-request-id"] == "mine-1"
    assert {"x-guardian-rule", "x-guardian-scanned"} <= set(answer.headers)


async def test_6_a_request_id_that_could_forge_a_log_line_is_replaced() -> None:
    async with stack() as running:
        answer = await post(running, body("hello"), headers={"x-request-id": "a b;c"})
    assert answer.headers["x-request-id"] != "a b;c"


async def gone_while_waiting(running: Stack, content: Any, *, after: Any) -> None:
    """Sends a request, waits for `after`, and disconnects."""
    raw = json.dumps(content).encode()
    port = int(running.url.rsplit(":", 1)[1])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n"
    writer.write(head.encode() + raw)
    async with asyncio.timeout(5):
        while not after():
            await asyncio.sleep(0.005)
    writer.transport.abort()


async def test_8_a_client_that_goes_cancels_the_guardian() -> None:
    async with stack(guardian=GuardianScript(before_label=30)) as running:
        await gone_while_waiting(running, body("hello"), after=lambda: running.guardian.received)
        async with asyncio.timeout(2):
            await running.guardian.received[0].disconnected.wait()
    assert running.upstream.bytes_received == 0


@pytest.mark.parametrize("stream", [False, True])
async def test_8_a_client_that_goes_cancels_the_guardians_answer(*, stream: bool) -> None:
    async with stack(guardian=GuardianScript(between_tokens=0.1, answer=("word ",) * 200)) as running:
        await gone_while_waiting(running, body(HARMFUL, stream=stream), after=lambda: running.guardian.received)
        async with asyncio.timeout(2):
            assert await running.guardian.received[0].disconnected.wait()


@pytest.mark.parametrize("stream", [False, True])
async def test_8_a_client_that_goes_cancels_the_upstream(*, stream: bool) -> None:
    async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.json.get("stream"):
            writer.write(EVENTS_HEAD)
        while True:
            if request.json.get("stream"):
                writer.write(chunk(b"data: more\n\n"))
            await asyncio.sleep(0.02)

    async with stack(upstream=endless) as running:
        await gone_while_waiting(running, body("hello", stream=stream), after=lambda: running.upstream.received)
        async with asyncio.timeout(2):
            assert await running.upstream.received[0].disconnected.wait()


async def test_8_a_safe_label_closes_the_guardians_stream_after_one_token() -> None:
    async def chatty(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS_HEAD)
        writer.write(chunk(llama_event("<|safe|>", {"<|safe|>": -0.01, "<|harm|>": -4.6})))
        while True:
            await asyncio.sleep(0.05)
            writer.write(chunk(llama_event("more", {"more": -0.1})))

    async with stack(guardian=chatty) as running:
        answer = await post(running, body("hello"))
        async with asyncio.timeout(2):
            await running.guardian.received[0].disconnected.wait()
    assert said(answer)[0] == "forward"


@pytest.mark.parametrize(("cut_after", "text"), [(2, "I'm sorry"), (4, "I'm")])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_breaks_off_still_ends_well_formed(cut_after: int, text: str, *, stream: bool) -> None:
    async with stack(guardian=GuardianScript(cut_after=cut_after)) as running:
        answer = await post(running, body(HARMFUL, stream=stream))
    assert answer.status_code == 200
    assert '"finish_reason":"content_filter"' in answer.text
    if stream:
        assert answer.text.endswith("data: [DONE]\n\n")
    else:
        assert answer.json()["choices"][0]["message"]["content"].startswith(text)
    assert running.upstream.bytes_received == 0


async def test_6_a_defect_of_ours_says_that_it_is_one_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*args: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("gateway.surfaces.chat.Chat.read", defect)
    async with stack() as running:
        answer = await post(running, body("hi"))
        assert (running.gateway.workload.requests, running.upstream.bytes_received) == (0, 0)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert (answer.headers["x-guardian-action"], answer.headers["x-guardian-scanned"]) == ("error", "none")
    assert "secret" not in answer.text
