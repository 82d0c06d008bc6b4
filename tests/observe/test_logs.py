"""Log lines: one a line, with fixed names, to stderr, without content."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from gateway.observe.logs import quoted

SECRET = "how-do-I-pick-a-lock"


def stderr_of(code: str) -> str:
    """Run in a process of its own: configuring logging changes the whole process."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == ""
    return done.stderr


def logged(code: str, *, as_json: bool, level: str = "info") -> str:
    return stderr_of(f"from gateway.observe.logs import configure, log\nconfigure({level!r}, json={as_json})\n{code}")


def test_an_event_as_json() -> None:
    line: dict[str, Any] = json.loads(logged("log('warning', 'guardian_failed', request_id='r-1', n=2)", as_json=True))
    assert line.pop("time").endswith("Z")
    assert line == {"level": "warning", "event": "guardian_failed", "request_id": "r-1", "n": 2}


def test_an_event_as_text() -> None:
    line = logged("log('warning', 'guardian_failed', request_id='r-1', detail='a b')", as_json=False)
    assert line.split(" ", 1)[1] == 'warning guardian_failed request_id=r-1 detail="a b"\n'


def test_events_under_the_level_are_left_out() -> None:
    assert logged("log('info', 'x'); log('warning', 'y')", as_json=False, level="warning").count("\n") == 1


def test_a_traceback_is_a_field_of_the_one_line() -> None:
    code = "import logging\ntry: 1/0\nexcept ZeroDivisionError: logging.getLogger('gateway').exception('broken')"
    line = json.loads(logged(code, as_json=True))
    assert "ZeroDivisionError" in line["exception"]


def test_a_value_cannot_forge_a_second_line() -> None:
    assert quoted("a\nwarning forged") == '"a\\nwarning forged"'
    assert quoted("plain/path.db") == "plain/path.db"


def test_importing_configures_nothing() -> None:
    code = "import logging, gateway.observe.logs, gateway.observe.audit as a; assert not logging.getLogger().handlers"
    assert stderr_of(code) == ""


def test_no_content_is_logged_even_at_debug(tmp_path: Path) -> None:
    code = f"""
import asyncio
from gateway.observe.audit import Audit
from tests.observe.records import record

async def main():
    async with await Audit.open('sqlite:///{tmp_path}/audit.db', content=True) as audit:
        await audit.write(record(query='{SECRET}'))
        await audit.queue.join()
        async with audit.storage.engine.begin() as connection:
            await connection.exec_driver_sql('DROP TABLE audit')
        await audit.write(record(query='{SECRET}'))

asyncio.run(main())
"""
    told = logged(code, as_json=False, level="debug")
    assert "audit_spilled" in told
    assert SECRET not in told
