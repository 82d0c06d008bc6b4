"""SIGHUP to a running gateway."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.policy.versions import BROKEN, write
from tests.processes import ROOT, environment, free_port, ready
from tests.servers import GuardianScript, running, upstream_handler


@asynccontextmanager
async def serving(folder: Path, stdin: int, **more: str) -> AsyncIterator[tuple[str, Process]]:
    """`gateway serve` that reads its policies again only when asked to."""
    async with running(upstream_handler) as up, running(GuardianScript()) as guard:
        port = free_port()
        variables = environment(
            GATEWAY_PORT=str(port),
            GATEWAY_POLICIES=str(folder),
            GATEWAY_POLICIES_POLL_SECONDS="0",
            GATEWAY_UPSTREAM__BASE_URL=up.base_url,
            GATEWAY_GUARDIANS__DEFAULT__BASE_URL=guard.base_url,
            GATEWAY_AUDIT__URL="",
            **more,
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", cwd=ROOT, env=variables, stdin=stdin, stdout=PIPE, stderr=PIPE
        )
        try:
            await ready(f"http://127.0.0.1:{port}", process, 60)
            yield f"http://127.0.0.1:{port}", process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def policy(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        found: dict[str, Any] = (await client.get(f"{url}/readyz")).json()["policy"]
        return found


async def told(process: Process, event: str) -> str:
    """The log line of this event, when it comes."""
    assert process.stderr is not None
    async with asyncio.timeout(10):
        async for line in process.stderr:
            if f" {event} " in line.decode():
                return line.decode().strip()
    raise AssertionError(f"the gateway ended without telling `{event}`")


async def test_a_hangup_reads_the_policies_again_and_tells(tmp_path: Path) -> None:
    first = write(tmp_path, "a")
    async with serving(tmp_path, asyncio.subprocess.DEVNULL) as (url, process):
        second = write(tmp_path, "b")
        assert (await policy(url))["version"] == first
        process.send_signal(signal.SIGHUP)
        line = await told(process, "policy_loaded")
        assert f"version={second} rules=2" in line
        (tmp_path / "20-two.yaml").write_text(BROKEN)
        process.send_signal(signal.SIGHUP)
        line = await told(process, "policy_reload_failed")
        found = await policy(url)
    assert f"kept={second}" in line
    assert "verdikt" not in line
    assert (found["version"], "stale" in found) == (second, True)


@pytest.mark.parametrize("closed", [False, True])
async def test_a_terminal_that_is_closed_ends_the_gateway(tmp_path: Path, *, closed: bool) -> None:
    write(tmp_path, "a")
    terminal, side = os.openpty()
    async with serving(tmp_path, side) as (_, process):
        os.close(side)
        second = write(tmp_path, "b")
        if closed:
            os.close(terminal)
        process.send_signal(signal.SIGHUP)
        if closed:
            async with asyncio.timeout(20):
                assert await process.wait() == 0
        else:
            assert second in await told(process, "policy_loaded")
            os.close(terminal)
