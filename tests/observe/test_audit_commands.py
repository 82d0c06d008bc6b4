"""`gateway audit`: tail, show, export."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from time import time

import pytest
from typer.testing import CliRunner

from gateway.cli.audit import app, moment
from gateway.errors import ConfigurationError
from gateway.observe.audit import Audit
from gateway.types import Verdict
from tests.observe.records import record


@pytest.fixture
async def database(tmp_path: Path) -> str:
    """Three records: two days old, an hour old, and one of now that is blocked."""
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    unsafe = {"default": Verdict("default", "unsafe", ("crime",), 0.97, 0.05)}
    async with await Audit.open(url, content=False) as audit:
        await audit.write(record(request_id="old", started=time() - 2 * 86400))
        await audit.write(record(request_id="hour", started=time() - 3600))
        await audit.write(record(request_id="now", started=time(), action="respond", rule="unsafe", outcomes=unsafe))
    return url


def run(*arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_tail_as_json_gives_the_latest_oldest_first(database: str) -> None:
    lines = [json.loads(line) for line in run("tail", "--json", "-n", "2", "--url", database).splitlines()]
    assert [line["request_id"] for line in lines] == ["hour", "now"]
    assert "key" not in lines[0]


def test_tail_as_a_table_says_what_happened(database: str) -> None:
    last = run("tail", "--url", database).strip().splitlines()[-1].split()
    assert last[2:] == ["now", "respond", "unsafe", "unsafe", "0.97", "crime", "200", "500.0"]


def test_show_tells_all_of_one_request(database: str) -> None:
    told = run("show", "now", "--url", database)
    assert "default: unsafe 0.97 crime, 50.0 ms" in told
    assert "hour" not in told


def test_export_since(database: str) -> None:
    lines = [json.loads(line) for line in run("export", "--since", "24h", "--url", database).splitlines()]
    assert [line["request_id"] for line in lines] == ["hour", "now"]


async def test_what_a_caller_wrote_is_no_markup_and_no_terminal_command(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    async with await Audit.open(url, content=False) as audit:
        await audit.write(record(request_id="x", model="[red]m[/red]\x1b[2J"))
    async with await Audit.open(url, content=False):
        told = await asyncio.to_thread(run, "show", "x", "--url", url)
    assert "[red]m[/red]" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "nobody"), "no audit record has the request id `nobody`"),
        (("export", "--since", "yesterday"), "`yesterday` is no time"),
    ],
)
def test_what_is_not_there_is_one_error(database: str, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        run(*arguments, "--url", database)


async def test_what_was_spilled_is_restored_once(tmp_path: Path) -> None:
    url, spill = f"sqlite:///{tmp_path / 'audit.db'}", tmp_path / "audit.db.spill.jsonl"
    audit = await Audit.open(url, content=False)
    await audit.write(record(request_id="stored"))
    await audit.aclose()
    await audit.write(record(request_id="late", shadow=("trial",)))
    for _ in range(2):
        await asyncio.to_thread(run, "restore", str(spill), "--url", url)
    told = await asyncio.to_thread(run, "tail", "--json", "--url", url)
    assert [json.loads(line)["shadow"] for line in told.splitlines()] == [[], ["trial"]]


def test_a_broken_spill_file_is_named_with_its_line(tmp_path: Path) -> None:
    spill = tmp_path / "spill.jsonl"
    spill.write_text('{"request_id": "x"}\n')
    with pytest.raises(ConfigurationError, match=r"spill\.jsonl:1: not a record"):
        run("restore", str(spill), "--url", f"sqlite:///{tmp_path / 'audit.db'}")


def test_a_file_that_is_no_database_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"not a database, but a letter of some length" * 100)
    with pytest.raises(ConfigurationError, match="file is not a database"):
        run("tail", "--url", f"sqlite:///{tmp_path / 'audit.db'}")


def test_a_missing_database_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no audit database"):
        run("tail", "--url", f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


def test_a_time_without_a_zone_is_local_and_a_zone_is_kept() -> None:
    assert moment("2026-11-23T18:00+00:00") == 1795456800.0
    assert moment("30m") == pytest.approx(time() - 1800, abs=5)
