"""`gateway keys`: what it prints, what it writes, and that a gateway takes it up."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import stat
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest

from gateway.access.file import parse
from gateway.access.key import digest
from gateway.access.keyset import FROM_HEADER, KeySet
from gateway.access.writing import change
from gateway.policy.source import Item
from tests.access.ring import bearer, guarded, key, text
from tests.cli.command import Run, gateway
from tests.flow.held import until
from tests.processes import environment

SETTING = {"GATEWAY_ACCESS__KEYS": "keys.yaml"}


async def keys(folder: Path, *words: str, **more: str) -> Run:
    return await gateway(folder, "keys", *words, **{**SETTING, **more})


async def listed(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (await keys(folder, "list", "--json")).out.splitlines()]


async def check(folder: Path, presented: str) -> Run:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "keys", "check"),
        cwd=folder,
        env=environment(PYTHONPATH=os.getcwd(), **SETTING),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(presented.encode() + b"\n")
    return Run(process.returncode or 0, out.decode(), err.decode())


async def test_a_key_is_shown_once_and_only_its_hash_kept(tmp_path: Path) -> None:
    made = await keys(tmp_path, "create", "--tenant", "school", "--scope", "chat", "--scope", "models")
    secret, path = made.out.strip(), tmp_path / "keys.yaml"
    assert (made.status, made.out.count("\n")) == (0, 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret.split("_")[2] not in path.read_text()
    assert f"sha256:{digest(secret.encode()).hex()}" in path.read_text()
    (one,) = await listed(tmp_path)
    assert (one["id"], one["tenant"], one["scopes"]) == (secret.split("_")[1], "school", "chat, models")
    found = await check(tmp_path, secret)
    assert (found.status, "standing: valid" in found.out) == (0, True)
    assert secret.split("_")[2] not in found.out + found.err
    wrong = await check(tmp_path, secret[:-1] + ("a" if secret[-1] != "a" else "b"))
    assert (wrong.status, wrong.out) == (1, "not a key of this file: its id is unknown, or its secret wrong\n")


async def test_rotating_leaves_two_keys_for_a_while_that_a_running_gateway_takes(tmp_path: Path) -> None:
    async with guarded(tmp_path, key("first"), tenants="  # kept\n  school: {concurrency: 3}") as (given, client):
        made = await keys(tmp_path, "rotate", "first", "--overlap", "7d")
        fresh = made.out.strip()
        metrics = given.gateway.metrics.access
        await until(lambda: metrics.reloads[("loaded",)]._value.get() == 1)
        assert await status(client, fresh) == await status(client, bearer("first")["authorization"][7:]) == 200
        old, new = sorted(await listed(tmp_path), key=lambda one: one["created"])
        assert (new["tenant"], new["scopes"]) == (old["tenant"], old["scopes"])
        assert (old["id"], old["expires"] < new["expires"]) == ("first", True)
        assert "  # kept" in (tmp_path / "keys.yaml").read_text()
        assert (await keys(tmp_path, "revoke", "first")).status == 0
        await until(lambda: metrics.reloads[("loaded",)]._value.get() == 2)
        assert await status(client, bearer("first")["authorization"][7:]) == 401
        assert await status(client, fresh) == 200
        again = await keys(tmp_path, "rotate", "first")
        assert (again.status, "`first` is revoked" in again.err) == (2, True)


async def status(client: httpx.AsyncClient, presented: str) -> int:
    return (await client.get("/v1/models", headers={"x-gateway-key": presented})).status_code


async def test_a_key_that_ends_sooner_than_the_overlap_is_not_made_longer(tmp_path: Path) -> None:
    await keys(tmp_path, "create", "--tenant", "school", "--scope", "*", "--expires", "12h")
    (before,) = await listed(tmp_path)
    await keys(tmp_path, "rotate", before["id"], "--overlap", "90d")
    assert before["expires"] in {one["expires"] for one in await listed(tmp_path) if one["id"] == before["id"]}


async def test_what_cannot_be_done_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text(key("first")))
    before = path.read_bytes()
    for told, words in {
        "did you mean `chat`?": ("create", "--tenant", "school", "--scope", "chta"),
        "`90d`, `12h` or `30m`": ("create", "--tenant", "school", "--scope", "chat", "--expires", "soon"),
        "GATEWAY_TENANT_HEADER": ("create", "--tenant", FROM_HEADER, "--scope", "chat"),
        "there is no key `nobody`": ("revoke", "nobody"),
    }.items():
        done = await keys(tmp_path, *words)
        assert (done.status, told in done.err, done.out) == (2, True, ""), done.err
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["keys.yaml"]
    assert "name it with `--file`" in (await gateway(tmp_path, "keys", "list")).err


async def test_a_file_in_another_style_is_not_spoilt(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    hash = key("first").hash.hex()
    one = f"{{id: first, tenant: a, scopes: ['*'], hash: 'sha256:{hash}', created: 2026-01-01T00:00:00Z}}"
    path.write_text(f"version: 1\nkeys: [{one}]\n")
    before = path.read_bytes()
    for words in (("revoke", "first"), ("create", "--tenant", "school", "--scope", "chat")):
        assert (await keys(tmp_path, *words)).status == 2
    assert path.read_bytes() == before


def test_while_a_file_is_changed_nobody_else_changes_it(tmp_path: Path) -> None:
    """Two `gateway keys` at the same moment would else each keep their own key only."""
    path = tmp_path / "keys.yaml"
    path.write_text(text(key("first")))
    looked = []

    def edit(content: str, root: Item, keys: KeySet) -> tuple[str, KeySet]:
        handle = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        looked.append(root)
        return content, keys

    change(path, partial(parse, places=(), tenant_header=False), edit)
    assert len(looked) == 1


async def test_keys_that_are_made_at_the_same_time_are_all_there(tmp_path: Path) -> None:
    made = await asyncio.gather(
        *(keys(tmp_path, "create", "--tenant", f"t{number}", "--scope", "chat") for number in range(4))
    )
    assert {run.out.split("_")[1] for run in made} == {one["id"] for one in await listed(tmp_path)}
    assert len(made) == 4
