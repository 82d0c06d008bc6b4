"""Every kind of guardian error under every action on every surface, and the page that says so."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import httpx
import pytest

from gateway.guardian.breaker import Breaker
from gateway.surfaces.served import surfaces
from gateway.types import ERROR_KINDS
from tests.faults import FAULTS, saying
from tests.flow.error_table import ACTIONS, BODIES, FAULT, PAGE, matrix, page
from tests.guardian.parts import part_of
from tests.servers import GuardianScript, Received, Stack, running, serving, settings, stack, upstream_handler

QUERY = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
CHAT = "/v1/chat/completions"


async def post(running: Stack | Any, text: str = "hello", **headers: str) -> httpx.Response:
    body = {**QUERY, "messages": [{"role": "user", "content": text}]}
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(running.url + CHAT, json=body, headers=headers)


def test_the_table_has_every_kind_surface_and_fault() -> None:
    assert tuple(FAULT) == ERROR_KINDS
    assert {surface.name for surface in surfaces()} == set(BODIES)
    assert {kind for kind, _ in FAULTS.values()} == set(ERROR_KINDS)
    assert all(FAULTS[fault][0] == kind for kind, fault in FAULT.items())


async def test_what_becomes_of_an_error_is_what_its_page_says() -> None:
    found = await matrix()
    assert {len(cells) for cells in found.values()} == {2 * len(ACTIONS) * sum(1 + one.speaks for one in surfaces())}
    for cells in found.values():
        for cell, told in cells.items():
            assert told.scanned == "failed"
            assert (told.upstream == "yes") == (cell.action == "forward") == (told.action == "forward")
            assert (told.should_retry == "false") == (told.told == "guardian_unavailable") == (told.action == "block")
    assert PAGE.read_text() == page(found), "run `python -m tests.flow.error_table`"


async def test_a_guardian_that_has_failed_is_not_asked_to_write(tmp_path: Any) -> None:
    """Else the words of a model that gives no verdict would be told as a safe response."""
    rule = "rules: [{name: r, match: {verdict: unsafe}, action: block, on_error: {respond: guardian}}]"
    (tmp_path / "10.yaml").write_text(f"version: 1\ndefault: forward\n{rule}\n")
    async with stack(guardian=saying("Sure! Here is how to do it."), policies=tmp_path) as given:
        answer = await post(given)
    choice = answer.json()["choices"][0]
    assert "Sure" not in answer.text
    assert (choice["finish_reason"], len(given.guardian.received)) == ("content_filter", 1)


async def test_an_open_circuit_says_when_to_come_again_and_closes_by_itself() -> None:
    broken = True
    script = GuardianScript()

    async def guardian(request: Received, writer: asyncio.StreamWriter) -> None:
        if broken:
            writer.transport.abort()
        else:
            await script(request, writer)

    async with running(upstream_handler) as up, running(guardian) as guard:
        own = {"base_url": guard.base_url, "breaker_failures": 1, "breaker_seconds": 30}
        async with serving(settings(up, guard, guardians={"default": own})) as given:
            down = [await post(given) for _ in range(3)]
            calls = len(guard.received)
            broken = False
            part_of(given.gateway.guardians["default"], Breaker).circuit.clock = lambda: monotonic() + 31
            up_again = await post(given)
    assert calls == 1
    assert all(1 <= int(answer.headers["retry-after"]) <= 30 for answer in down)
    assert {answer.headers["x-should-retry"] for answer in down} == {"false"}
    assert up_again.headers["x-guardian-action"] == "forward"


async def test_a_full_line_of_the_guardian_is_overloaded() -> None:
    arrived = asyncio.Event()

    async def hanging(request: Received, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.sleep(60)

    async with running(upstream_handler) as up, running(hanging) as guard:
        own = {"base_url": guard.base_url, "deadline_seconds": 1, "concurrency": 1, "queue": 0}
        async with serving(settings(up, guard, guardians={"default": own})) as given:
            first = asyncio.ensure_future(post(given))
            await arrived.wait()
            second = await post(given, "another")
            await first
            metrics = given.gateway.metrics.render()[0].decode()
    assert (second.status_code, second.headers["retry-after"]) == (503, "1")
    assert 'gateway_guardian_errors_total{guardian="default",kind="overloaded"} 1.0' in metrics
    assert 'gateway_guardian_shed_total{guardian="default"} 1.0' in metrics


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fallback_answers_for_every_fault(fault: str) -> None:
    async with running(upstream_handler) as up, running(FAULTS[fault][1]) as bad, running(GuardianScript()) as good:
        guardians = {
            "default": {"base_url": bad.base_url, "deadline_seconds": 2, "fallback": "spare", "fallback_share": 0.2},
            "spare": {"base_url": good.base_url},
        }
        async with serving(settings(up, good, guardians=guardians)) as given:
            answer = await post(given)
    assert (answer.headers["x-guardian-action"], answer.headers["x-guardian-scanned"]) == ("forward", "input")
    assert len(good.received) == 1
