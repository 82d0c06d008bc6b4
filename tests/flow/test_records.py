"""One record for each request, whatever became of it, and no content in it unless settings ask for it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import HARMFUL, GuardianScript, Stack, stack

CHAT = "/v1/chat/completions"


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


async def post(running: Stack, content: Any) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(running.url + CHAT, json=content, headers={"authorization": "Bearer sk-secret"})


def rows(path: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("select * from audit order by started")]


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (body("hello"), ("forward", "default", "input", 200, "default", 200, "complete")),
        (body(HARMFUL, stream=True), ("respond", "unsafe", "input", 200, None, None, "complete")),
        (body(HARMFUL, tools=[{}]), ("block", "unsafe-with-tools", "input", 400, None, None, "complete")),
        ({"messages": 5}, ("error", "none", "none", 400, None, None, "complete")),
    ],
)
async def test_a_request_leaves_one_record(content: Any, expected: tuple[object, ...], tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with stack(audit={"url": url}) as running:
        await post(running, content)
    (row,) = rows(tmp_path / "audit.db")
    names = ("action", "rule", "scanned", "status", "upstream", "upstream_status", "ended")
    assert tuple(row[name] for name in names) == expected


@pytest.mark.parametrize("content", [False, True])
async def test_content_is_stored_only_when_asked_for(tmp_path: Path, *, content: bool) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with stack(audit={"url": url, "content": content}) as running:
        await post(running, body(f"a {HARMFUL} query"))
    stored = everything(tmp_path)
    assert (f"a {HARMFUL} query".encode() in stored, b"I'm sorry, no." in stored) == (content, content)
    assert b"sk-secret" not in stored


async def test_nothing_that_a_caller_or_a_guardian_said_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    async with stack(guardian=GuardianScript(answer=("MARKED-ANSWER",))) as running:
        for text in ("MARKED-QUERY", f"{HARMFUL} MARKED-QUERY"):
            await post(running, body(text))
    told = "".join(capfd.readouterr())
    assert [mark for mark in ("MARKED", "sk-secret") if mark in told] == []


async def test_metrics_tell_a_block_from_a_failure(tmp_path: Path) -> None:
    async with stack(guardian=GuardianScript(cut_after=0)) as running:
        await post(running, body("hello"))
        text = running.gateway.metrics.render()[0].decode()
    assert 'gateway_guardian_failed_total{action="block"} 1.0' in text
    assert "gateway_blocked_total{" not in text
    assert "gateway_in_flight 0.0" in text
