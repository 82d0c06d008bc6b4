"""`gateway evaluate` as a process, against a guardian on a socket."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.servers import HARMFUL, FakeServer, GuardianScript, running

ROWS = [
    {"text": f"{HARMFUL} one", "label": "harmful", "lang": "en"},
    {"text": f"{HARMFUL} 둘", "label": "harmful", "lang": "ko"},
    {"text": "hello", "label": "safe", "lang": "en"},
    {"text": f"{HARMFUL} but labelled safe", "label": "safe", "lang": "en"},
]


async def evaluated(guardian: FakeServer, folder: Path, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    own = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url, "PYTHONPATH": os.getcwd(), "COLUMNS": "120"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "evaluate", "rows.jsonl", *options),
        cwd=folder,
        env={**kept, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_guardian_is_scored_through_the_gateways_own_judging(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        code, out, _ = await evaluated(guardian, tmp_path, "--guardian", "default", "--json", "out.json")
    assert code == 0
    overall = json.loads((tmp_path / "out.json").read_bytes())["overall"]
    assert (overall["recall"], overall["fpr"], overall["errors"]) == (1.0, 0.5, 0)
    assert len(guardian.received) == len(ROWS)
    assert "by lang" in out


async def test_a_second_run_asks_nothing_again(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        await evaluated(guardian, tmp_path, "--resume", "done.jsonl")
        code, _, _ = await evaluated(guardian, tmp_path, "--resume", "done.jsonl", "--threshold", "0.999")
    assert code == 0
    assert len(guardian.received) == len(ROWS)


async def test_a_guardian_that_never_answers_is_an_error_not_a_score(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        pass
    code, _, err = await evaluated(guardian, tmp_path, "--limit", "2")
    assert code == 2
    assert "gateway: guardian `default` gave no verdict at all (2 unavailable): is it running?" in err


async def test_what_cannot_be_written_is_told_before_judging(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        code, _, err = await evaluated(guardian, tmp_path, "--json", "nowhere/out.json")
    assert (code, guardian.received) == (2, [])
    assert err == "gateway: `nowhere/out.json` cannot be written: there is no folder `nowhere`\n"
