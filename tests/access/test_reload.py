"""A file of keys that changes while the gateway runs: what is in force, and what is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gateway.assembly.opening import open_gateway
from gateway.errors import ConfigurationError
from tests.access.ring import CHAT, QUERY, bearer, guarded, key, secret, text
from tests.processes import started
from tests.servers import GuardianScript, running, settings, upstream_handler


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():
            await asyncio.sleep(0.005)


async def status(client: httpx.AsyncClient, id: str) -> int:
    return (await client.get("/v1/models", headers=bearer(id))).status_code


async def test_keys_come_and_go_without_a_restart(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("first")) as (given, client):
        assert given.gateway.access is not None
        ring = given.gateway.access.ring
        assert [await status(client, id) for id in ("first", "second")] == [200, 401]
        (tmp_path / "keys.yaml").write_text(text(key("second")))
        await until(lambda: "second" in ring.current.keys)
        assert [await status(client, id) for id in ("first", "second")] == [401, 200]


@pytest.mark.parametrize("broken", ["gone", "not YAML", "half", "a key in it", "a key twice"])
async def test_while_the_file_is_wrong_the_last_good_keys_decide(
    broken: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, good = tmp_path / "keys.yaml", text(key("first"), key("second"))
    wrong = {
        "not YAML": "keys: [",
        "half": good[: len(good) // 2],
        "a key in it": good.replace("sha256:", secret("first")),
        "a key twice": f"{secret('first')}: 1\n" * 2,
    }
    async with guarded(tmp_path, key("first"), key("second")) as (given, client):
        metrics = given.gateway.metrics.access
        path.unlink() if broken == "gone" else path.write_text(wrong[broken])
        await until(lambda: metrics.stale._value.get() == 1)
        assert [await status(client, id) for id in ("first", "second")] == [200, 200]
        (line,) = {one.getMessage() for one in caplog.records if one.levelno == logging.ERROR}
        assert line == "key_reload_failed"
        assert "sssss" not in str([one.__dict__ for one in caplog.records])
        path.write_text(text(key("second")))
        await until(lambda: metrics.stale._value.get() == 0)
        assert [await status(client, id) for id in ("first", "second")] == [401, 200]
        assert metrics.reloads[("loaded",)]._value.get() == 1


async def test_the_same_keys_written_again_are_no_new_set(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("first")) as (given, _):
        assert given.gateway.access is not None
        before = given.gateway.access.ring.current
        (tmp_path / "keys.yaml").write_text("# written again\n" + text(key("first")))
        await until(lambda: given.gateway.metrics.access.reloads[("unchanged",)]._value.get() == 1)
        assert given.gateway.access.ring.current is before


async def test_when_nobody_looks_a_signal_has_the_file_read(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("first"), access={"poll_seconds": 0}) as (given, client):
        (tmp_path / "keys.yaml").write_text(text(key("second")))
        assert await status(client, "second") == 401
        given.gateway.reload()
        await until(lambda: given.gateway.metrics.access.reloads[("loaded",)]._value.get() == 1)
        assert await status(client, "second") == 200


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "gateway keys create"), ("version: 1\nkeys: [{}]\n", "a key has no `id`"), ("keys:", "version: 1")],
)
async def test_a_gateway_does_not_start_without_a_good_file(content: str | None, told: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "keys.yaml").write_text(content)
    async with running(upstream_handler) as up:
        wanted = settings(up, up, access={"keys": tmp_path / "keys.yaml"})
        with pytest.raises(ConfigurationError, match=told):
            async with open_gateway(wanted, progress=lambda share: None):
                pass


async def test_each_of_several_workers_reads_the_keys_and_reads_them_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text(key("first")))
    async with running(upstream_handler) as up, running(GuardianScript()) as guard:
        variables = {
            "GATEWAY_WORKERS": "2",
            "GATEWAY_UPSTREAM__BASE_URL": up.base_url,
            "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guard.base_url,
            "GATEWAY_AUDIT__URL": "",
            "GATEWAY_ACCESS__KEYS": str(path),
            "GATEWAY_ACCESS__POLL_SECONDS": "0.05",
        }
        async with started("serve", **variables) as (url, _):
            assert await statuses(url, "first") == {200}
            path.write_text(text(key("second")))
            async with asyncio.timeout(30):
                while await statuses(url, "second") != {200} or await statuses(url, "first") != {401}:
                    await asyncio.sleep(0.05)


async def statuses(url: str, id: str) -> set[int]:
    """Of requests on connections of their own, so that every worker gets some."""
    found = set()
    for _ in range(12):
        async with httpx.AsyncClient() as client:
            found.add((await client.post(url + CHAT, json=QUERY, headers=bearer(id))).status_code)
    return found
