"""SIGKILL loses at most the last batch interval."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import sleep

from gateway.observe.audit import BATCH_SECONDS
from gateway.observe.reading import AuditReader

WRITER = """
import asyncio, sys, time
from gateway.observe.audit import Audit
from tests.observe.records import record

async def main():
    audit = await Audit.open(sys.argv[1], content=False)
    number = 0
    while True:
        await audit.write(record(request_id=str(number)))
        print(number, time.monotonic(), flush=True)
        number += 1
        await asyncio.sleep(0.002)

asyncio.run(main())
"""


def written_until_killed(url: str, seconds: float) -> list[tuple[str, float]]:
    """The request ids that a child process wrote before SIGKILL, with their times."""
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        sleep(seconds)
        child.kill()
        lines = [first, *child.stdout.readlines()]
    return [(number, float(at)) for number, at in (line.split() for line in lines if line.endswith("\n"))]


async def test_a_killed_process_loses_at_most_the_last_batch(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    written = written_until_killed(url, 1.5)
    async with AuditReader.open(url) as reader:
        stored = {one["request_id"] for one in await reader.latest(100_000)}
    killed_at = written[-1][1]
    lost = [at for number, at in written if number not in stored]
    assert len(stored) > 100
    assert all(killed_at - at < BATCH_SECONDS + 0.5 for at in lost)
    assert stored == {number for number, _ in written[: len(stored)]}
