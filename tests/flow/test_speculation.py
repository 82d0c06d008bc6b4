"""Speculative forwarding: begun before the verdict, held until it, and cancelled when it is not wanted."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.settings import UpstreamSettings
from gateway.types import GuardianError, Passage, Verdict
from tests.flow.held import Gate, Talker, calling, turns, until
from tests.flow.policies import CHAT, ask, done, under
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

UNSAFE = "rules:\n  - {name: unsafe, match: {verdict: unsafe}, action: block}\n"
SPECULATIVE = f"speculative: true\n{UNSAFE}"


@asynccontextmanager
async def speculating(folder: Path, policy: str = SPECULATIVE, **more: Any) -> AsyncIterator[Stack]:
    async with under(folder, policy, **more) as given:
        yield given


def how(answer: httpx.Response) -> tuple[int, str, str | None]:
    return answer.status_code, answer.headers["x-guardian-action"], answer.headers.get("x-guardian-speculation")


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


async def test_a_harmful_query_cancels_the_upstream_at_once_and_the_waste_is_counted(tmp_path: Path) -> None:
    gate, upstream = Gate(), Talker(words=7)
    audit = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with (
        speculating(tmp_path, guardian=gate, upstream=upstream, audit={"url": audit}) as given,
        calling(given, HARMFUL, stream=True) as client,
    ):
        await upstream.said.wait()
        await turns(given)
        gate.opened.set()
        answer = await client.answer()
        await until(given.upstream.received[0].disconnected.is_set)
        await until(lambda: not given.upstream.connections)
        page = given.gateway.metrics.render()[0].decode()
    assert b"HTTP/1.1 400" in answer
    assert b"x-guardian-speculation: wasted" in answer
    assert b"word" not in answer
    assert 'gateway_speculation_total{result="wasted"} 1.0' in page
    assert "gateway_speculation_wasted_tokens_total 7.0" in page
    with sqlite3.connect(tmp_path / "audit.db") as database:
        rows = database.execute("select action, speculation, wasted_tokens, upstream, ended from audit").fetchall()
    assert rows == [("block", "wasted", 7, None, "complete")]


async def test_what_is_cancelled_before_it_answers_cost_nothing_that_is_known(tmp_path: Path) -> None:
    gate = Gate()
    async with speculating(tmp_path, guardian=gate, upstream=Gate(upstream_handler)) as given:
        asked = asyncio.ensure_future(ask(given, HARMFUL))
        await until(lambda: given.upstream.received)
        gate.opened.set()
        answer = await asked
        await until(given.upstream.received[0].disconnected.is_set)
        page = given.gateway.metrics.render()[0].decode()
    assert how(answer) == (400, "block", "wasted")
    assert "gateway_speculation_wasted_tokens_total 0.0" in page


async def test_a_whole_answer_that_is_thrown_away_counts_as_it_says_itself(tmp_path: Path) -> None:
    gate = Gate()
    async with speculating(tmp_path, guardian=gate) as given:
        asked = asyncio.ensure_future(ask(given, HARMFUL))
        await until(lambda: given.upstream.received)
        await turns(given)
        gate.opened.set()
        answer = await asked
        page = given.gateway.metrics.render()[0].decode()
    assert how(answer) == (400, "block", "wasted")
    assert "gateway_speculation_wasted_tokens_total 5.0" in page


EFFECTS: list[dict[str, Any]] = [
    {"tools": [{"type": "function", "function": {"name": "f"}}]},
    {"tools": []},
    {"functions": [{"name": "f"}]},
    {"store": True},
    {"store": False},
    {"metadata": {"a": "b"}},
    {"web_search_options": {}},
    {"modalities": ["text", "audio"]},
    {"previous_response_id": "r"},
    {"background": True},
    {"a_field_of_tomorrow": 1},
    {"messages": [{"role": "user", "content": HARMFUL}, {"role": "tool", "tool_call_id": "c", "content": HARMFUL}]},
    {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": HARMFUL}}]}]},
]


@pytest.mark.parametrize("more", EFFECTS, ids=str)
async def test_2_what_may_have_an_effect_waits_for_the_verdict(tmp_path: Path, more: dict[str, Any]) -> None:
    async with speculating(tmp_path) as given:
        answer = await ask(given, HARMFUL, **more)
    assert how(answer) == (400, "block", None)
    assert (given.upstream.bytes_received, len(given.upstream.connections)) == (0, 0)


async def test_2_a_query_string_waits_for_the_verdict(tmp_path: Path) -> None:
    async with speculating(tmp_path) as given, httpx.AsyncClient() as client:
        body = {"model": "m", "messages": [{"role": "user", "content": HARMFUL}]}
        answer = await client.post(f"{given.url}{CHAT}?store=true", json=body)
    assert how(answer) == (400, "block", None)
    assert given.upstream.bytes_received == 0


@pytest.mark.parametrize("policy", [UNSAFE, f"speculative: false\n{UNSAFE}"])
async def test_2_nothing_is_forwarded_early_unless_a_policy_says_so(tmp_path: Path, policy: str) -> None:
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, HARMFUL)
    assert how(answer) == (400, "block", None)
    assert given.upstream.bytes_received == 0


async def test_2_a_query_to_which_the_file_does_not_apply_waits(tmp_path: Path) -> None:
    (tmp_path / "20.yaml").write_text(f"version: 1\n{UNSAFE}")
    policy = "applies_to: {model: fast}\nspeculative: true\n"
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, HARMFUL)
        before = given.upstream.bytes_received
        fast = await ask(given, HARMFUL, model="fast")
    assert (how(answer), before) == ((400, "block", None), 0)
    assert how(fast) == (400, "block", "wasted")


async def test_a_query_that_no_guardian_is_asked_about_is_not_begun_early(tmp_path: Path) -> None:
    policy = "speculative: true\nrules:\n  - {name: all, action: block}\n"
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, "hello")
    assert how(answer) == (400, "block", None)
    assert given.upstream.bytes_received == 0


class AtOnce:
    """A guardian's source that knows the verdict already, as a cache does."""

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        return Judgement(Verdict("default", "unsafe" if HARMFUL in passage.messages[0].text else "safe"))

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return GuardianError("default", "unavailable")

    async def aclose(self) -> None:
        pass


class Broken(AtOnce):
    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        await asyncio.sleep(0.02)
        raise RuntimeError("a defect")


def put(given: Stack, source: AtOnce) -> None:
    """Another source in place of the guardian's."""
    assert isinstance(given.gateway.guardians, dict)
    given.gateway.guardians["default"] = replace(given.gateway.guardians["default"], source=source)


async def test_a_verdict_that_is_there_at_once_sends_nothing_ahead(tmp_path: Path) -> None:
    async with speculating(tmp_path) as given:
        put(given, AtOnce())
        harmful = await ask(given, HARMFUL)
        before = given.upstream.bytes_received
        safe = await ask(given, "hello")
    assert (how(harmful), before) == ((400, "block", None), 0)
    assert how(safe) == (200, "forward", None)


@pytest.mark.parametrize(
    "action",
    ["{forward: {model: small}}", "{forward: {system_prompt: Be kind.}}", "{forward: onprem}"],
)
async def test_another_way_to_forward_cancels_the_one_that_was_begun(tmp_path: Path, action: str) -> None:
    gate, upstream = Gate(), Gate(upstream_handler)
    policy = SPECULATIVE.replace("action: block", f"action: {action}")
    async with running(upstream_handler) as onprem:
        upstreams = {"onprem": {"base_url": onprem.base_url}}
        async with speculating(tmp_path, policy, guardian=gate, upstream=upstream, upstreams=upstreams) as given:
            asked = asyncio.ensure_future(ask(given, HARMFUL))
            await until(lambda: given.upstream.received)
            gate.opened.set()
            await until(given.upstream.received[0].disconnected.is_set)
            upstream.opened.set()
            answer = await asked
    assert how(answer) == (200, "forward", "wasted")
    sent = [one.json for one in (*given.upstream.received[1:], *onprem.received)]
    assert len(sent) == 1
    assert (sent[0]["model"] == "small") == ("model" in action)
    assert (sent[0]["messages"][0]["role"] == "system") == ("system" in action)


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


async def test_8_a_client_that_goes_cancels_both(tmp_path: Path) -> None:
    upstream = Talker(words=3)
    audit = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with (
        speculating(tmp_path, guardian=Gate(), upstream=upstream, audit={"url": audit}) as given,
        calling(given, "hello", stream=True) as client,
    ):
        await upstream.said.wait()
        await until(lambda: given.guardian.received)
        await turns(given)
        client.go()
        await until(given.upstream.received[0].disconnected.is_set)
        await until(given.guardian.received[0].disconnected.is_set)
    with sqlite3.connect(tmp_path / "audit.db") as database:
        rows = database.execute("select speculation, wasted_tokens, ended from audit").fetchall()
    assert rows == [("wasted", 3, "disconnected")]


async def test_8_a_client_that_goes_after_the_verdict_cancels_the_upstream(tmp_path: Path) -> None:
    gate, upstream = Gate(), Gate(upstream_handler)
    audit = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with (
        speculating(tmp_path, guardian=gate, upstream=upstream, audit={"url": audit}) as given,
        calling(given, "hello") as client,
    ):
        await until(lambda: given.guardian.received and given.upstream.received)
        gate.opened.set()
        await turns(given)
        client.go()
        await until(given.upstream.received[0].disconnected.is_set)
    with sqlite3.connect(tmp_path / "audit.db") as database:
        rows = database.execute("select rule, speculation, wasted_tokens, ended from audit").fetchall()
    assert rows == [("default", "used", 0, "disconnected")]


async def test_a_defect_while_judging_leaves_no_connection_open(tmp_path: Path) -> None:
    async with speculating(tmp_path, upstream=Talker(words=1)) as given:
        put(given, Broken())
        answers = [await ask(given, "hello", stream=True) for _ in range(3)]
        await until(lambda: not given.upstream.connections)
    assert [answer.status_code for answer in answers] == [500, 500, 500]
    assert len(given.upstream.received) == 3


async def test_no_connection_is_left_by_many_that_were_wasted(tmp_path: Path) -> None:
    async with speculating(tmp_path, upstream=Talker(words=1)) as given:
        answers = await asyncio.gather(*(ask(given, HARMFUL, stream=True) for _ in range(30)))
        await until(lambda: not given.upstream.connections)
        in_flight = "gateway_in_flight 0.0" in given.gateway.metrics.render()[0].decode()
    assert {answer.status_code for answer in answers} == {400}
    assert in_flight


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
