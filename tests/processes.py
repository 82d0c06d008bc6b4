"""The command `gateway` as a user runs it: a process, its output, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without any gateway setting, plus these."""
    return {**{k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}, **variables}


async def gateway(*arguments: str, cwd: Path = ROOT, **variables: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *arguments, cwd=cwd, env=environment(**variables), stdout=PIPE, stderr=PIPE
    )


async def finished(*arguments: str, cwd: Path = ROOT, **variables: str) -> tuple[int, str, str]:
    """The exit status, what it printed, and what it complained of."""
    process = await gateway(*arguments, cwd=cwd, **variables)
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def started(*arguments: str, seconds: float = 90, **variables: str) -> AsyncIterator[tuple[str, Process]]:
    """The URL of a gateway that is ready, and its process; it is interrupted at the end, as by Ctrl-C."""
    port = free_port()
    process = await gateway(*arguments, GATEWAY_PORT=str(port), **variables)
    url = f"http://127.0.0.1:{port}"
    drained = asyncio.ensure_future(process.communicate())
    try:
        await ready(url, process, seconds)
        yield url, process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            await drained


async def ready(url: str, process: Process, seconds: float) -> None:
    async with asyncio.timeout(seconds), httpx.AsyncClient() as client:
        while process.returncode is None:
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError(f"the gateway ended at start with status {process.returncode}")


def children(pid: int) -> list[int]:
    """The processes that this one started and that still run (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
