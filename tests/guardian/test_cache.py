"""What was judged is not judged again: under the same policies, for the same tenant, by the same guardian, in time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.cache import Cache, Cached
from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.memory import Memory
from gateway.observe.metrics import Metrics
from gateway.types import GuardianError, Message, Passage, Verdict
from tests.guardian.parts import cache_of
from tests.servers import (
    EVENTS_HEAD,
    HARMFUL,
    ROOT,
    SAFE_RESPONSE,
    GuardianScript,
    Received,
    Stack,
    chunk,
    event,
    stack,
)

CHAT = "/v1/chat/completions"
WORDS = "".join(SAFE_RESPONSE)


async def post(running: Stack, *texts: str, tenant: str = "a", **more: Any) -> httpx.Response:
    messages = [{"role": "user", "content": text} for text in texts]
    async with httpx.AsyncClient(timeout=30) as client:
        body = {"model": "m", "messages": messages, **more}
        return await client.post(running.url + CHAT, json=body, headers={"x-tenant": tenant})


def found(running: Stack) -> dict[str, float]:
    lookups = running.gateway.metrics.passage.lookups
    return {key[1]: child._value.get() for key, child in lookups.items()}


async def test_the_same_query_is_asked_about_once() -> None:
    async with stack() as running:
        answers = [await post(running, "hello") for _ in range(3)]
        assert found(running) == {"miss": 1.0, "memory": 2.0}
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(running.guardian.received) == 1
    assert len(running.upstream.received) == 3


async def test_the_audit_says_that_a_verdict_was_kept(tmp_path: Path) -> None:
    async with stack(audit={"url": f"sqlite+aiosqlite:///{tmp_path}/audit.db"}) as running:
        for _ in range(2):
            await post(running, "hello")
    with sqlite3.connect(tmp_path / "audit.db") as database:
        rows = database.execute("select outcomes from audit order by started").fetchall()
    first, second = (json.loads(row[0])["default"] for row in rows)
    assert (first["cached"], second["cached"]) == (False, True)
    assert second | {"cached": False, "seconds": 0} == first | {"seconds": 0}


async def test_a_kept_verdict_brings_no_answer_so_the_guardian_writes_another() -> None:
    async with stack() as running:
        answers = [await post(running, HARMFUL) for _ in range(2)]
    assert [a.json()["choices"][0]["message"]["content"] for a in answers] == [WORDS, WORDS]
    prompts = [request.json["prompt"] for request in running.guardian.received]
    assert [prompt.endswith("<|harm|>") for prompt in prompts] == [False, True]
    assert running.upstream.bytes_received == 0


async def test_of_several_messages_only_the_new_one_and_the_whole_are_asked_about() -> None:
    async with stack() as running:
        await post(running, "first")
        await post(running, "first", "second")
    assert len(running.guardian.received) == 3


async def test_another_tenant_learns_nothing() -> None:
    async with stack(tenant_header="x-tenant") as running:
        for tenant in ("a", "b", "a", "b"):
            await post(running, "hello", tenant=tenant)
    assert len(running.guardian.received) == 2


async def test_other_policies_ask_again(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    rules = (ROOT / "policies/10-baseline.yaml").read_text()
    (policies / "rules.yaml").write_text(rules)
    async with stack(policies=policies, policies_poll_seconds=0) as running:
        await post(running, "hello")
        before = running.gateway.policies.current.version
        (policies / "rules.yaml").write_text(rules + "# changed\n")
        await running.gateway.policies.reload()
        assert running.gateway.policies.current.version != before
        await post(running, "hello")
    assert len(running.guardian.received) == 2


async def test_an_error_is_not_kept() -> None:
    garbled = [True]

    async def recovering(request: Received, writer: asyncio.StreamWriter) -> None:
        if garbled:
            garbled.pop()
            writer.write(EVENTS_HEAD + chunk(event({"choices": [{"text": "Sure!", "finish_reason": "stop"}]})))
            writer.write(b"0\r\n\r\n")
        else:
            await GuardianScript()(request, writer)

    async with stack(guardian=recovering) as running:
        answers = [await post(running, "hello") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]


async def test_nothing_is_kept_where_there_is_no_room() -> None:
    async with stack(cache={"entries": 0}) as running:
        for _ in range(2):
            await post(running, "hello")
        assert cache_of(running.gateway.guardians["default"]).memory.kept == {}
    assert len(running.guardian.received) == 2


async def test_a_passage_that_holds_for_no_policies_is_not_kept() -> None:
    async with stack() as running:
        for _ in range(2):
            await running.gateway.guardians["default"].judge(replace(scoped("hello"), scope=""))
    assert len(running.guardian.received) == 2


class Counting:
    """A source that counts."""

    def __init__(self, outcome: Verdict | GuardianError) -> None:
        self.outcome = outcome
        self.asked = 0

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        self.asked += 1
        return Judgement(self.outcome)

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        raise AssertionError

    async def aclose(self) -> None: ...


def scoped(text: str) -> Passage:
    return Passage((Message("user", (text,)),), scope="policies tenant")


def cache(*, configuration: str = "c", secret: bytes = b"s", seconds: float = 300.0) -> Cache:
    return Cache(Memory(100), None, seconds, secret, configuration, Metrics().passage)


def key(passage: Passage, name: str = "default", **more: Any) -> bytes:
    front = cache(**more).before(name, Counting(Verdict("default", "safe")))
    assert isinstance(front, Cached)
    return front.key(passage)


TURNS = st.lists(
    st.builds(
        Message,
        st.sampled_from(["user", "tool", "assistant"]),
        st.lists(st.text("ab", max_size=2), max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)
PASSAGES = st.builds(Passage, TURNS, st.none() | st.text("ab", max_size=2), scope=st.text("ab", min_size=1, max_size=2))


@given(PASSAGES, PASSAGES)
def test_only_the_same_passage_has_the_same_key(one: Passage, other: Passage) -> None:
    assert (key(one) == key(other)) == (one == other)


def test_the_guardian_its_configuration_and_the_secret_are_in_the_key() -> None:
    keys = [
        key(scoped("a")),
        key(scoped("a"), name="other"),
        key(scoped("a"), configuration="d"),
        key(scoped("a"), secret=b"t"),
    ]
    assert len(set(keys)) == 4


@pytest.mark.parametrize(("seconds", "asked"), [(300.0, 1), (0.0, 2)])
async def test_a_verdict_is_kept_for_a_while(seconds: float, asked: int) -> None:
    source = Counting(Verdict("default", "safe"))
    front = cache(seconds=seconds).before("default", source)
    for _ in range(2):
        await front.ask(scoped("a"), Deadline.within(5))
    assert source.asked == asked


def test_the_oldest_goes_first() -> None:
    memory = Memory(2)
    verdicts = {name: Verdict(name, "safe") for name in "abc"}
    for name in ("a", "b", "a", "c"):
        memory.put(name.encode(), verdicts[name], 60)
    assert [memory.get(name.encode()) for name in "abc"] == [verdicts["a"], None, verdicts["c"]]
