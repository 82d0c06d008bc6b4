"""A call that was begun before the verdict and is not wanted: cancelled at once, counted, nothing left open."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.flow.held import (
    SPECULATIVE,
    Broken,
    Gate,
    Talker,
    calling,
    how,
    put,
    speculating,
    turns,
    until,
)
from tests.flow.policies import ask
from tests.servers import (
    HARMFUL,
    running,
    upstream_handler,
)


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
