"""Speculative forwarding: begun before the verdict, held until it, then released as it came."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from gateway.settings import UpstreamSettings
from tests.flow.held import (
    SPECULATIVE,
    UNSAFE,
    Gate,
    calling,
    how,
    speculating,
    turns,
    until,
)
from tests.flow.policies import CHAT, ask, done
from tests.servers import (
    HARMFUL,
    Received,
    Stack,
    completion_object,
    response,
    running,
    serving,
    settings,
    upstream_handler,
)


async def test_guardian_and_upstream_are_asked_together(tmp_path: Path) -> None:
    gate, upstream = Gate(), Gate(upstream_handler)
    async with speculating(tmp_path, guardian=gate, upstream=upstream) as given:
        asked = asyncio.ensure_future(ask(given, "hello"))
        await until(lambda: given.guardian.received and given.upstream.received)
        gate.opened.set()
        upstream.opened.set()
        answer = await asked
    assert how(answer) == (200, "forward", "used")
    assert answer.content == completion_object("Paris.")
    assert len(given.upstream.received) == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_nothing_of_the_answer_gets_out_before_the_verdict(tmp_path: Path, *, stream: bool) -> None:
    gate = Gate()
    async with speculating(tmp_path, guardian=gate) as given, calling(given, "hello", stream=stream) as client:
        await until(lambda: given.guardian.received and given.upstream.received)
        await turns(given)
        before = client.seen
        gate.opened.set()
        answer = await client.answer()
    assert before == 0
    assert b"HTTP/1.1 200" in answer
    assert (b"[DONE]" in answer) == stream


async def test_the_default_upstream_by_its_name_is_the_one_that_was_asked(tmp_path: Path) -> None:
    policy = SPECULATIVE.replace("action: block", "action: {forward: default}")
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, HARMFUL)
    assert how(answer) == (200, "forward", "used")
    assert len(given.upstream.received) == 1


async def failing(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(response(b"{}", "500 Fault"))


@pytest.mark.parametrize(
    ("on_error", "expected"), [("block", (503, "block", "wasted")), ("forward", (200, "forward", "used"))]
)
async def test_a_failed_guardian_is_for_on_error(tmp_path: Path, on_error: str, expected: tuple[object, ...]) -> None:
    gate = Gate(failing)
    async with speculating(tmp_path, f"on_error: {on_error}\n{SPECULATIVE}", guardian=gate) as given:
        asked = asyncio.ensure_future(ask(given, "hello"))
        await until(lambda: given.upstream.received)
        gate.opened.set()
        answer = await asked
    assert how(answer) == expected


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_an_error_of_the_upstream_neither_hurries_the_verdict_nor_changes(tmp_path: Path, status: int) -> None:
    async def refusing(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b'{"error": {"message": "full"}}', f"{status} No", headers={"x-upstream": "yes"}))

    gate = Gate()
    async with speculating(tmp_path, guardian=gate, upstream=refusing) as given:
        safe, harmful = [asyncio.ensure_future(ask(given, text)) for text in ("hello", HARMFUL)]
        await until(lambda: len(given.upstream.received) == 2 and len(given.guardian.received) == 2)
        await turns(given)
        hurried = safe.done() or harmful.done()
        gate.opened.set()
        answer, blocked = await safe, await harmful
    assert not hurried
    assert (how(answer), answer.json()) == ((status, "forward", "used"), {"error": {"message": "full"}})
    assert answer.headers["x-upstream"] == "yes"
    assert how(blocked) == (400, "block", "wasted")


async def test_an_upstream_that_is_not_there_neither_hurries_the_verdict_nor_is_untold(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text(f"version: 1\ndefault: forward\n{SPECULATIVE}")
    gate = Gate()
    async with running(upstream_handler) as up, running(gate) as guard:
        nowhere = {"upstream": UpstreamSettings(base_url="http://127.0.0.1:9/v1")}
        wanted = settings(up, guard, policies=tmp_path).model_copy(update=nowhere)
        async with serving(wanted) as gateway:
            given = Stack(gateway.url, gateway.gateway, up, guard)
            safe, harmful = [asyncio.ensure_future(ask(given, text)) for text in ("hello", HARMFUL)]
            await until(lambda: len(guard.received) == 2)
            await turns(given)
            hurried = safe.done() or harmful.done()
            gate.opened.set()
            answer, blocked = await safe, await harmful
    assert not hurried
    assert (how(answer), answer.json()["error"]["code"]) == ((502, "error", "used"), "upstream_unavailable")
    assert how(blocked) == (400, "block", "wasted")


async def test_an_upstream_that_broke_off_before_the_verdict_is_not_asked_again(tmp_path: Path) -> None:
    async def breaking(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    gate = Gate()
    async with speculating(tmp_path, guardian=gate, upstream=breaking) as given:
        asked = asyncio.ensure_future(ask(given, "hello"))
        await until(lambda: given.upstream.received and given.guardian.received)
        await turns(given)
        gate.opened.set()
        answer = await asked
    assert how(answer) == (502, "error", "used")
    assert len(given.upstream.received) == 1


async def test_an_upstream_that_is_held_is_not_read_without_end(tmp_path: Path) -> None:
    total, piece, sent, ended = 32, b"x" * 2**20, [0], asyncio.Event()

    async def flooding(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {total * len(piece)}\r\n\r\n".encode())
        for _ in range(total):
            writer.write(piece)
            await writer.drain()
            sent[0] += 1
        ended.set()

    gate = Gate()
    async with speculating(tmp_path, guardian=gate, upstream=flooding) as given:
        asked = asyncio.ensure_future(ask(given, "hello"))
        await until(lambda: sent[0] and given.guardian.received)
        for _ in range(4):
            await turns(given)
        before = sent[0]
        gate.opened.set()
        answer = await asked
    assert before < total // 2
    assert ended.is_set()
    assert answer.content == piece * total


OUTPUT = "  - {name: leak, phase: output, match: {verdict: unsafe}, action: block}\n"


async def test_an_answer_that_was_begun_early_is_judged_as_any_other(tmp_path: Path) -> None:
    async def bad(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(response(completion_object(f"{HARMFUL} words")))

    async with speculating(tmp_path, SPECULATIVE + OUTPUT, upstream=bad) as given:
        answer = await ask(given, "hello")
    assert (done(answer), how(answer)) == (("block", "leak", "input,output"), (400, "block", "used"))
    assert given.upstream.received[0].header("accept-encoding") is None


ANNOTATED = "  - {name: safe, match: {verdict: safe}, action: forward, annotate: true}\n"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_verdict_goes_into_an_answer_that_was_begun_early(tmp_path: Path, *, stream: bool) -> None:
    async with speculating(tmp_path, SPECULATIVE + ANNOTATED) as given:
        answer = await ask(given, "hello", stream=stream)
    assert how(answer) == (200, "forward", "used")
    assert answer.text.count('"moderation":') == 1
    assert given.upstream.received[0].header("accept-encoding") is None


async def test_the_call_is_the_one_that_would_be_made_after_the_verdict(tmp_path: Path) -> None:
    sent = []
    for name, policy in (("serial", UNSAFE), ("early", SPECULATIVE)):
        (tmp_path / name).mkdir()
        async with speculating(tmp_path / name, policy) as given, httpx.AsyncClient() as client:
            raw = b'{ "model":"m", "temperature" : 0.50,\n "messages":[{"role":"user","content":"\\u0068i"}] }'
            headers = {"content-type": "application/json", "x-custom": "kept", "x-request-id": "one"}
            answer = await client.post(given.url + CHAT, content=raw, headers=headers)
            one = given.upstream.received[0]
            port = str(given.upstream.port)
            sent.append((one.target, [(name, value.replace(port, "")) for name, value in one.headers], one.body))
        assert answer.status_code == 200
    assert sent[0] == sent[1]
