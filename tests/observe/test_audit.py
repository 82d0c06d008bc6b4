"""The audit stores every record once, without content, and survives a full queue and a failing database."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.errors import ConfigurationError
from gateway.observe.audit import Audit
from gateway.observe.metrics import Metrics
from gateway.observe.reading import AuditReader
from gateway.types import GuardianError, Verdict
from tests.observe.records import record

SECRET = "how do I pick my neighbour's lock"


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'audit.db'}"


async def stored(folder: Path) -> list[dict[str, Any]]:
    async with AuditReader.open(url(folder)) as reader:
        return await reader.latest(100_000)


def spilled(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / "audit.db.spill.jsonl").read_bytes().splitlines()]


def break_database(folder: Path) -> None:
    with sqlite3.connect(folder / "audit.db") as database:
        database.execute("ALTER TABLE audit RENAME TO elsewhere")
    database.close()


def move_away(folder: Path) -> None:
    for file in folder.glob("audit.db*"):
        file.rename(folder / f"old-{file.name}")


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def mend_database(folder: Path) -> None:
    with sqlite3.connect(folder / "audit.db") as database:
        database.execute("ALTER TABLE elsewhere RENAME TO audit")
    database.close()


async def test_a_record_comes_back_with_all_its_fields(tmp_path: Path) -> None:
    outcomes = {
        "default": Verdict("default", "unsafe", ("crime", "weapons"), 0.97, 0.05),
        "second": GuardianError("second", "timeout", seconds=2.0),
    }
    async with await Audit.open(url(tmp_path), content=False) as audit:
        await audit.write(record(action="respond", outcomes=outcomes, shadow=("trial",), upstream_status=None))
    [found] = await stored(tmp_path)
    assert (found["action"], found["shadow"], found["upstream_status"]) == ("respond", ["trial"], None)
    assert found["outcomes"]["default"]["categories"] == ["crime", "weapons"]
    assert found["outcomes"]["second"] == {"type": "error", "guardian": "second", "kind": "timeout", "seconds": 2.0}


@pytest.mark.parametrize("content", [False, True])
async def test_content_is_stored_only_when_asked_for(*, tmp_path: Path, content: bool) -> None:
    async with await Audit.open(url(tmp_path), content=content) as audit:
        await audit.write(record(query=SECRET, answer=SECRET))
    [found] = await stored(tmp_path)
    assert (found["query"], found["answer"]) == ((SECRET, SECRET) if content else (None, None))
    assert (SECRET.encode() in on_disk(tmp_path)) == content


async def test_no_content_reaches_the_spill_file(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False) as audit:
        break_database(tmp_path)
        failed = GuardianError("default", "unparseable", detail=SECRET)
        await audit.write(record(query=SECRET, answer=SECRET, outcomes={"default": failed}))
    assert len(spilled(tmp_path)) == 1
    assert SECRET.encode() not in (tmp_path / "audit.db.spill.jsonl").read_bytes()


async def test_closing_stores_everything_that_was_written(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False) as audit:
        for number in range(1000):
            await audit.write(record(request_id=f"r-{number}", started=float(number)))
    assert [one["request_id"] for one in await stored(tmp_path)] == [f"r-{number}" for number in range(1000)]


async def test_the_queues_depth_is_told_while_records_wait(tmp_path: Path) -> None:
    metrics = Metrics()
    async with await Audit.open(url(tmp_path), content=False, metrics=metrics) as audit:
        for number in range(3):
            await audit.write(record(request_id=str(number)))
        assert b"gateway_audit_queue_depth 3.0\n" in metrics.render()[0]
    assert b"gateway_audit_queue_depth 0.0\n" in metrics.render()[0]


async def test_write_waits_while_the_queue_is_full_and_loses_nothing(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False, queue_records=2) as audit:
        writes = [asyncio.ensure_future(audit.write(record(request_id=f"r-{n}"))) for n in range(10)]
        await asyncio.sleep(0)
        assert sum(write.done() for write in writes) == 2
        await asyncio.wait_for(asyncio.gather(*writes), 30)
    assert len(await stored(tmp_path)) == 10


async def test_writes_that_wait_when_the_audit_closes_are_stored(tmp_path: Path) -> None:
    audit = await Audit.open(url(tmp_path), content=False, queue_records=1)
    writes = [asyncio.ensure_future(audit.write(record())) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.wait_for(audit.aclose(), 30)
    await asyncio.gather(*writes)
    assert len(await stored(tmp_path)) == 20


async def test_a_write_that_is_cancelled_while_it_waits_is_spilled(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False, queue_records=1) as audit:
        await audit.write(record(request_id="taken by the batch"))
        await asyncio.sleep(0)
        await audit.write(record(request_id="queued"))
        waiting = asyncio.ensure_future(audit.write(record(request_id="waiting")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert len(await stored(tmp_path)) == 2
    assert [one["request_id"] for one in spilled(tmp_path)] == ["waiting"]


async def test_a_record_that_comes_after_closing_is_spilled(tmp_path: Path) -> None:
    audit = await Audit.open(url(tmp_path), content=False)
    await audit.aclose()
    await audit.write(record(request_id="late"))
    assert [one["request_id"] for one in spilled(tmp_path)] == ["late"]


async def test_a_failing_database_spills_counts_and_is_named_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics()
    async with await Audit.open(url(tmp_path), content=False, metrics=metrics) as audit:
        break_database(tmp_path)
        for number in range(3):
            await audit.write(record(request_id=f"r-{number}"))
            await audit.queue.join()
    assert [one["request_id"] for one in spilled(tmp_path)] == ["r-0", "r-1", "r-2"]
    lines = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert [(line.getMessage(), line.fields["path"]) for line in lines] == [  # type: ignore[attr-defined]
        ("audit_spilled", str(tmp_path / "audit.db.spill.jsonl"))
    ]
    text = metrics.render()[0]
    assert b"gateway_audit_spilled_total 3.0" in text
    assert b"gateway_audit_failures_total 3.0" in text


async def test_the_database_is_used_again_when_it_is_back(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False, retry_seconds=0) as audit:
        break_database(tmp_path)
        await audit.write(record(request_id="during"))
        await audit.queue.join()
        mend_database(tmp_path)
        await audit.write(record(request_id="after"))
    assert [one["request_id"] for one in await stored(tmp_path)] == ["after"]
    assert [one["request_id"] for one in spilled(tmp_path)] == ["during"]


async def test_what_cannot_be_spilled_either_is_counted_and_the_audit_goes_on(tmp_path: Path) -> None:
    metrics = Metrics()
    nowhere = tmp_path / "missing" / "spill.jsonl"
    opened = await Audit.open(url(tmp_path), content=False, metrics=metrics, spill=nowhere, retry_seconds=0)
    async with opened as audit:
        break_database(tmp_path)
        await audit.write(record(request_id="lost"))
        await audit.queue.join()
        mend_database(tmp_path)
        await audit.write(record(request_id="after"))
    assert b"gateway_audit_lost_total 1.0" in metrics.render()[0]
    assert [one["request_id"] for one in await stored(tmp_path)] == ["after"]


async def test_a_database_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False) as audit:
        await audit.write(record(request_id="before"))
        await audit.queue.join()
        move_away(tmp_path)
        await audit.write(record(request_id="after"))
    assert [one["request_id"] for one in await stored(tmp_path)] == ["after"]


async def test_a_batch_that_is_sent_twice_is_stored_once(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False) as audit:
        rows = [audit.row(record())]
        await audit.storage.store(rows)
        await audit.storage.store(rows)
    assert len(await stored(tmp_path)) == 1


async def test_text_that_no_database_takes_is_stored_with_marks(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=True) as audit:
        await audit.write(record(query="a\0b", answer="\ud800", model="é"))
    [found] = await stored(tmp_path)
    assert (found["query"], found["answer"], found["model"]) == ("a\ufffdb", "?", "é")


async def test_write_does_not_wait_for_the_database(tmp_path: Path) -> None:
    async with await Audit.open(url(tmp_path), content=False) as audit:
        with pytest.raises(StopIteration):  # it ran to its end without giving the event loop back
            audit.write(record()).send(None)
        assert audit.queue.qsize() == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("nonsense", "is not a database URL"),
        ("sqlite:////nowhere/at/all/audit.db", "cannot be opened"),
        ("oracle://user:hidden-password@host/db", "needs a driver"),
    ],
)
async def test_a_wrong_url_is_one_clear_error(wrong: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as raised:
        await Audit.open(wrong, content=False)
    assert "\n" not in str(raised.value)
    assert "hidden-password" not in str(raised.value)


async def test_a_file_that_is_no_database_is_one_clear_error_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"not a database, but a letter of some length" * 100)
    with pytest.raises(ConfigurationError, match="file is not a database"):
        await Audit.open(url(tmp_path), content=False)
    assert (tmp_path / "audit.db").read_bytes().startswith(b"not a database")


async def test_tables_of_another_version_are_refused(tmp_path: Path) -> None:
    await (await Audit.open(url(tmp_path), content=False)).aclose()
    with sqlite3.connect(tmp_path / "audit.db") as database:
        database.execute("UPDATE audit_schema SET version = 99")
    database.close()
    with pytest.raises(ConfigurationError, match="has schema 99"):
        await Audit.open(url(tmp_path), content=False)
