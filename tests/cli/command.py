"""The command `gateway` as a process: what it prints, and its exit status."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT


@dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str


async def gateway(folder: Path, *words: str, **variables: str) -> Run:
    """Run in a folder, with these environment variables and none of the gateway's beside them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *words),
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Run(process.returncode or 0, out.decode(), err.decode())
