"""Policies change while queries are answered: each query is decided by one set, and wrong files change nothing."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.policies import Policies
from tests.policy.versions import BROKEN, switch, write
from tests.servers import HARMFUL, GuardianScript, Stack, running, serving, settings, stack, upstream_handler

CHAT = "/v1/chat/completions"


async def ask(url: str, text: str = "ONE") -> tuple[str, str, str]:
    """The version and the rule of the answer, and its words."""
    async with httpx.AsyncClient(timeout=30) as client:
        body = {"model": "m", "messages": [{"role": "user", "content": text}]}
        answer = await client.post(url + CHAT, json=body)
    words = answer.json().get("choices", [{"message": {"content": ""}}])[0]["message"]["content"]
    return answer.headers["x-guardian-policy"], answer.headers["x-guardian-rule"], words


async def policy_of(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/readyz")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()["policy"]
    return told


@asynccontextmanager
async def over(folder: Path, poll: float = 0.02, **more: Any) -> AsyncIterator[Stack]:
    async with stack(policies=folder, policies_poll_seconds=poll, **more) as running:
        yield running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def metric(running: Stack, line: str) -> bool:
    return f"{line}\n" in running.gateway.metrics.render()[0].decode()


@pytest.mark.parametrize("text", ["ONE", "TWO"])
async def test_a_change_of_the_files_is_in_force_soon(tmp_path: Path, text: str) -> None:
    first = write(tmp_path, "a")
    async with over(tmp_path) as running:
        before = await ask(running.url, text)
        second = write(tmp_path, "b")
        await until(lambda: running.gateway.policies.current.version == second)
        after = await ask(running.url, text)
    assert before == (first, f"{text.lower()}-from-a", "words of a")
    assert after == (second, f"{text.lower()}-from-b", "words of b")
    assert metric(running, f'gateway_policy_info{{version="{second}"}} 1.0')
    assert not metric(running, f'gateway_policy_info{{version="{first}"}} 1.0')


async def test_a_link_that_is_switched_is_a_change(tmp_path: Path) -> None:
    write(tmp_path / "a", "a")
    second = write(tmp_path / "b", "b")
    switch(tmp_path / "current", tmp_path / "a")
    async with over(tmp_path / "current") as running:
        switch(tmp_path / "current", tmp_path / "b")
        await until(lambda: running.gateway.policies.current.version == second)
        assert (await ask(running.url, "ONE"))[0] == second


def breaking(folder: Path) -> None:
    (folder / "20-two.yaml").write_text(BROKEN)


async def test_wrong_files_leave_the_last_good_set_and_are_told(tmp_path: Path) -> None:
    version = write(tmp_path, "a")
    async with over(tmp_path) as running:
        breaking(tmp_path)
        await until(lambda: running.gateway.policies.failure is not None)
        told, decided = await policy_of(running.url), await ask(running.url)
        assert metric(running, "gateway_policy_stale 1.0")
        write(tmp_path, "a")
        await until(lambda: running.gateway.policies.failure is None)
        healed = await policy_of(running.url)
        assert metric(running, "gateway_policy_stale 0.0")
    assert (told["version"], decided[:2]) == (version, (version, "one-from-a"))
    assert told["stale"]["errors"] >= 1
    assert re.fullmatch(r"P\d{3} (10-one|20-two)\.yaml:\d+:\d+", told["stale"]["first"])
    assert "verdikt" not in str(told)
    assert "stale" not in healed
    assert metric(running, 'gateway_policy_reloads_total{result="failed"} 1.0')
    assert metric(running, 'gateway_policy_reloads_total{result="unchanged"} 1.0')


@pytest.mark.parametrize("vanish", [shutil.rmtree, lambda folder: folder.rename(folder.with_name("away"))])
async def test_a_folder_that_vanishes_is_told_and_changes_nothing(tmp_path: Path, vanish: Any) -> None:
    version = write(tmp_path / "policies", "a")
    async with over(tmp_path / "policies") as running:
        vanish(tmp_path / "policies")
        await until(lambda: running.gateway.policies.failure is not None)
        told, decided = await policy_of(running.url), await ask(running.url)
    assert told["stale"]["first"].startswith("P014 policies")
    assert decided[:2] == (version, "one-from-a")


async def test_an_upstream_that_is_not_in_the_settings_is_wrong_at_a_reload_too(tmp_path: Path) -> None:
    write(tmp_path, "a")
    async with over(tmp_path) as running:
        text = "version: 1\nrules: [{name: away, match: {message: x}, action: {forward: elsewhere}}]\n"
        (tmp_path / "30-away.yaml").write_text(text)
        await until(lambda: running.gateway.policies.failure is not None)
        told = await policy_of(running.url)
    assert "30-away.yaml:2:" in told["stale"]["first"]


async def test_a_file_that_is_being_written_is_left_to_settle(tmp_path: Path) -> None:
    write(tmp_path, "a")
    async with over(tmp_path, poll=0.1) as running:
        for _ in range(20):
            breaking(tmp_path)
            await asyncio.sleep(0.03)
        second = write(tmp_path, "b")
        await until(lambda: running.gateway.policies.current.version == second)
    assert running.gateway.policies.failure is None
    assert 'gateway_policy_reloads_total{result="failed"}' not in running.gateway.metrics.render()[0].decode()


async def test_asking_reads_the_files_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a")
    async with over(tmp_path, poll=0) as running:
        second = write(tmp_path, "b")
        await asyncio.sleep(0.1)
        assert running.gateway.policies.current.version != second
        running.gateway.policies.ask()
        await until(lambda: running.gateway.policies.current.version == second)


async def test_a_query_is_decided_by_the_set_that_it_met(tmp_path: Path) -> None:
    """The files change while the guardian judges: plan, decision, words and headers are all of the old set."""
    first = verdicts(tmp_path, "a")
    async with over(tmp_path, guardian=GuardianScript(before_label=0.5)) as running:
        asked = asyncio.ensure_future(ask(running.url, HARMFUL))
        await until(lambda: bool(running.guardian.received))
        second = verdicts(tmp_path, "b")
        await until(lambda: running.gateway.policies.current.version == second)
        assert not asked.done()
        old = await asked
        new = await ask(running.url, HARMFUL)
    assert old == (first, "unsafe-from-a", "words of a")
    assert new == (second, "unsafe-from-b", "words of b")


def verdicts(folder: Path, name: str) -> str:
    """A set that needs a verdict, with a canned answer of its own name."""
    folder.mkdir(exist_ok=True)
    (folder / "30-verdict.yaml").write_text(
        f"version: 1\nresponses: {{said-{name}: {{text: words of {name}}}}}\nrules:\n"
        f"  - {{name: unsafe-from-{name}, match: {{verdict: unsafe}}, action: {{respond: said-{name}}}}}\n"
    )
    return write(folder, name)


async def test_a_defect_while_reading_is_a_failure_and_watching_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "a")
    async with over(tmp_path) as running:
        policies = running.gateway.policies
        good, policies.load = policies.load, defect
        write(tmp_path, "b")
        await until(lambda: policies.failure is not None)
        await asyncio.sleep(0.2)
        assert metric(running, 'gateway_policy_reloads_total{result="failed"} 1.0')  # once a change, not at each look
        policies.load = good
        third = write(tmp_path, "c")
        await until(lambda: policies.current.version == third)


def defect(folder: Path) -> Any:
    raise RecursionError


async def test_every_answer_under_load_is_of_one_set(tmp_path: Path) -> None:
    known = {write(tmp_path / name, name): name for name in ("a", "b", "c")}
    link = tmp_path / "current"
    switch(link, tmp_path / "a")
    async with running(upstream_handler) as up, running(GuardianScript()) as guard:
        wanted = settings(up, guard, policies=link, policies_poll_seconds=0.01)
        async with serving(wanted) as gateway:
            seen = await loaded(gateway.url, gateway.gateway.policies, link, [tmp_path / name for name in "bcabca"])
    assert {known[version] for version, _ in seen} == {"a", "b", "c"}
    assert [(v, rule) for v, rule in seen if not rule.endswith(f"-from-{known[v]}")] == []


async def loaded(url: str, policies: Policies, link: Path, targets: list[Path]) -> list[tuple[str, str]]:
    """What queries met while the link was switched from target to target."""
    seen: list[tuple[str, str]] = []

    async def load(text: str) -> None:
        while True:
            seen.append((await ask(url, text))[:2])

    tasks = [asyncio.ensure_future(load(text)) for text in ("ONE", "TWO")]
    for target in targets:
        before = policies.current.version
        switch(link, target)
        await until(lambda before=before: policies.current.version != before)  # type: ignore[misc]
        await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seen
