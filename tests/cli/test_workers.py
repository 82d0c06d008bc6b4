"""Several workers behind one port: they answer as one, are replaced when they die, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx
import pytest

from gateway.policy.store import Store, Switch
from gateway.settings import Settings, as_json, from_json
from tests.policy.versions import BROKEN, switch, version, write
from tests.processes import alive, children, finished, started
from tests.servers import HARMFUL, GuardianScript, running, upstream_handler

CHAT = "/v1/chat/completions"
KILL_SECONDS = 2.0
"""How long after a kill its connections may fail."""


@asynccontextmanager
async def workers(
    count: int, policies: Path, guardian: GuardianScript | None = None, audit: str = "", **more: str
) -> AsyncIterator[tuple[str, Process]]:
    async with running(upstream_handler) as up, running(guardian or GuardianScript()) as guard:
        variables = {
            "GATEWAY_WORKERS": str(count),
            "GATEWAY_POLICIES": str(policies),
            "GATEWAY_POLICIES_POLL_SECONDS": "0.05",
            "GATEWAY_UPSTREAM__BASE_URL": up.base_url,
            "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guard.base_url,
            "GATEWAY_AUDIT__URL": audit,
        }
        async with started("serve", **{**variables, **more}) as (url, process):
            yield url, process


def body(text: str) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


async def once(url: str, text: str) -> httpx.Response:
    """Over a connection of its own, so that any worker may get it."""
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(url + CHAT, json=body(text))


async def page(url: str) -> str:
    """Asked for again where a worker that was killed had the connection."""
    while True:
        async with httpx.AsyncClient(timeout=30, verify=False) as client:
            try:
                return (await client.get(f"{url}/metrics")).text
            except (httpx.RemoteProtocolError, httpx.ReadError):
                continue


async def in_force(url: str) -> set[str]:
    """The versions that the workers that live decide by."""
    return set(re.findall(r'^gateway_policy_info\{version="(\w+)"\} 1\.0$', await page(url), re.MULTILINE))


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def gone(pids: list[int]) -> None:
    async def all_gone() -> bool:
        return not any(alive(pid) for pid in pids)

    await until(all_gone)


async def test_any_worker_answers_for_all_and_every_record_is_stored(tmp_path: Path) -> None:
    write(tmp_path / "policies", "a")
    audit = tmp_path / "audit.db"
    async with workers(3, tmp_path / "policies", audit=f"sqlite:///{audit}") as (url, process):
        assert len(children(process.pid)) == 3
        answers = await asyncio.gather(*(once(url, "ONE") for _ in range(60)))
        pages = [await page(url) for _ in range(6)]
        with pytest.raises(httpx.HTTPStatusError):
            (await once(url, "nothing matches")).raise_for_status()
    assert {answer.headers["x-guardian-rule"] for answer in answers} == {"one-from-a"}
    line = 'gateway_queries_total{action="respond",rule="one-from-a",stream="false",surface="chat"} 60.0\n'
    assert [line in text and "gateway_in_flight 0.0\n" in text for text in pages] == [True] * 6
    with sqlite3.connect(audit) as database:
        runs = database.execute("select substr(key, 1, 32), count(*) from audit group by 1").fetchall()
    database.close()
    assert (sum(count for _, count in runs), len(runs) > 1) == (61, True)


async def test_a_hangup_reaches_every_worker(tmp_path: Path) -> None:
    write(tmp_path, "a")
    async with workers(3, tmp_path, GATEWAY_POLICIES_POLL_SECONDS="0") as (url, process):
        second = write(tmp_path, "b")
        process.send_signal(signal.SIGHUP)

        async def all_have_it() -> bool:
            return await in_force(url) == {second}

        await until(all_have_it)
        assert {(await once(url, "ONE")).headers["x-guardian-policy"] for _ in range(10)} == {second}


@dataclass
class Load:
    """Clients that ask without a pause, and what they met."""

    url: str
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    failed: list[tuple[float, Exception]] = field(default_factory=list)

    async def client(self, text: str, *, keep: bool) -> None:
        while True:
            async with httpx.AsyncClient(timeout=30, verify=False) as client:
                try:
                    for _ in range(50 if keep else 1):
                        answer = await client.post(self.url + CHAT, json=body(text))
                        said = (answer.headers[f"x-guardian-{name}"] for name in ("policy", "rule", "action"))
                        self.seen.append((*said,))  # type: ignore[arg-type]
                except httpx.TransportError as error:
                    self.failed.append((monotonic(), error))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        kinds = [("ONE", True), ("TWO", True), ("ONE", False), ("TWO", False)]
        tasks = [asyncio.ensure_future(self.client(text, keep=keep)) for text, keep in kinds]
        try:
            yield
            assert not any(task.done() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Operator:
    """Promotes, breaks, kills; `known` are the versions that were ever good."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "store")
        self.known: dict[str, str] = {}
        self.kills: list[float] = []
        for name in "abc":
            found = write(folder / name, name)
            self.known[found] = name
            with self.store.locked():
                self.store.keep(folder / name, found, version)
        self.broken = folder / "broken"
        write(self.broken, "z")
        (self.broken / "20-two.yaml").write_text(BROKEN)
        self.promote("a")

    def promote(self, name: str) -> str:
        found = next(version for version, known in self.known.items() if known == name)
        with self.store.locked():
            self.store.switch(Switch("2026-12-01T09:30:00Z", found, "promote", self.store.current, 2))
        return found

    def break_it(self) -> None:
        switch(self.store.current_link, self.broken)

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.kills.append(monotonic())


async def test_each_answer_is_of_one_good_version_whatever_is_switched_and_killed(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    async with workers(3, operator.store.current_link) as (url, process):
        load = Load(url)
        async with load.running():
            last = await upheaval(url, process, operator)
        seen = await asyncio.gather(*(once(url, "TWO") for _ in range(30)))
        counted = sum(map(float, re.findall(r"^gateway_queries_total{.*} (.*)$", await page(url), re.MULTILINE)))
    assert {answer.headers["x-guardian-policy"] for answer in seen} == {last}
    assert {operator.known[found] for found, _, _ in load.seen} == {"a", "b", "c"}
    assert [one for one in load.seen if not one[1].endswith(f"-from-{operator.known[one[0]]}")] == []
    assert {action for _, _, action in load.seen} == {"respond"}
    assert counted >= len(load.seen) + len(seen) - 4 * len(operator.kills)  # those of the killed are counted too
    assert len(load.failed) <= 4 * len(operator.kills)
    assert [
        error for at, error in load.failed if not any(0 <= at - kill < KILL_SECONDS for kill in operator.kills)
    ] == []
    assert not any(isinstance(error, httpx.ConnectError) for _, error in load.failed)


async def upheaval(url: str, process: Process, operator: Operator) -> str:
    """Switches by link and by signal, quick ones, wrong files, and kills in between. The version that it ends with."""

    async def all_have(version: str, workers: int = 3) -> None:
        async def settled() -> bool:
            return len(children(process.pid)) == workers and await in_force(url) == {version}

        await until(settled)

    await all_have(operator.promote("b"))
    operator.kill(children(process.pid)[0])
    await all_have(operator.promote("c"))
    for name in "abcabc":
        operator.promote(name)
        process.send_signal(signal.SIGHUP)
        await asyncio.sleep(0.1)
    good = operator.promote("a")
    process.send_signal(signal.SIGHUP)
    await all_have(good)
    operator.break_it()
    process.send_signal(signal.SIGHUP)
    await until(lambda: is_stale(url))
    operator.kill(children(process.pid)[1])
    await asyncio.sleep(1)
    assert await in_force(url) == {good}
    last = operator.promote("b")
    await all_have(last)
    assert not await is_stale(url)
    return last


async def is_stale(url: str) -> bool:
    return "gateway_policy_stale 1.0\n" in await page(url)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_lets_open_requests_finish_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    write(tmp_path, "a")
    slow = GuardianScript(before_label=1.0)
    (tmp_path / "30.yaml").write_text(
        "version: 1\ndefault: block\nrules: [{name: v, match: {verdict: unsafe}, action: block}]\n"
    )
    async with workers(2, tmp_path, slow) as (url, process):
        pids = children(process.pid)
        asked = [asyncio.ensure_future(once(url, HARMFUL)) for _ in range(4)]
        await asyncio.sleep(0.5)
        process.send_signal(number)
        answers = await asyncio.gather(*asked)
        async with asyncio.timeout(8):
            assert await process.wait() == 0
    assert [answer.headers["x-guardian-rule"] for answer in answers] == ["v"] * 4
    assert [pid for pid in pids if alive(pid)] == []


async def test_a_second_stop_does_not_wait(tmp_path: Path) -> None:
    (tmp_path / "30.yaml").write_text(
        "version: 1\ndefault: block\nrules: [{name: v, match: {verdict: unsafe}, action: block}]\n"
    )
    guardians = {"GATEWAY_GUARDIANS__DEFAULT__DEADLINE_SECONDS": "60"}
    async with workers(2, tmp_path, GuardianScript(before_label=60), **guardians) as (url, process):
        pids = children(process.pid)
        asked = asyncio.ensure_future(once(url, HARMFUL))
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            await process.wait()
        await asyncio.gather(asked, return_exceptions=True)
    assert [pid for pid in pids if alive(pid)] == []


async def test_workers_do_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    write(tmp_path, "a")
    (tmp_path / "temporary").mkdir()
    async with workers(2, tmp_path, TMPDIR=str(tmp_path / "temporary")) as (url, process):
        pids = children(process.pid)
        assert (await once(url, "ONE")).status_code == 200
        process.kill()
        await gone(pids)
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_what_keeps_a_worker_from_starting_is_told_and_ends_all(tmp_path: Path) -> None:
    write(tmp_path, "a")
    variables = {
        "GATEWAY_WORKERS": "2",
        "GATEWAY_POLICIES": str(tmp_path),
        "GATEWAY_UPSTREAM__BASE_URL": "http://127.0.0.1:9/v1",
        "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": "http://127.0.0.1:9/v1",
        "GATEWAY_AUDIT__URL": f"sqlite:///{tmp_path}/nowhere/audit.db",
    }
    status, out, err = await finished("serve", **variables)
    assert (status, out) == (2, "")
    assert "gateway: the audit database" in err
    assert "Traceback" not in err


async def test_wrong_policies_are_told_before_a_worker_is_started(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text(BROKEN)
    status, _, err = await finished(
        "serve",
        GATEWAY_WORKERS="2",
        GATEWAY_POLICIES=str(tmp_path),
        GATEWAY_UPSTREAM__BASE_URL="http://127.0.0.1:9/v1",
        GATEWAY_GUARDIANS__DEFAULT__BASE_URL="http://127.0.0.1:9/v1",
    )
    assert (status, "did you mean `verdict`?" in err, "workers" in err) == (2, True, False)


def test_a_worker_gets_the_settings_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_UPSTREAM__BASE_URL", "http://up/v1")
    monkeypatch.setenv("GATEWAY_UPSTREAM__API_KEY", "sk-upstream")
    monkeypatch.setenv("GATEWAY_GUARDIANS__SECOND__FAMILY", "qwen3guard")
    monkeypatch.setenv("GATEWAY_GUARDIANS__SECOND__API_KEY", "sk-guardian")
    given = Settings()
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    got = from_json(as_json(given))
    assert got == given
    assert got.guardians["second"].api_key is not None
    assert got.guardians["second"].api_key.get_secret_value() == "sk-guardian"
