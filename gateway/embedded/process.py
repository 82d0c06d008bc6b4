"""Starts a model server as a child process and stops it again."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.errors import ConfigurationError
from gateway.settings import EmbeddedSettings

START_SECONDS = 120.0
STOP_SECONDS = 5.0


@asynccontextmanager
async def model_server(model: Path, alias: str, settings: EmbeddedSettings) -> AsyncIterator[str]:
    """The base URL (with `/v1`) of a server for this GGUF file; it ends with the block, or with this process."""
    process = await asyncio.create_subprocess_exec(
        *command(model, alias, settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    errors = asyncio.ensure_future(tail(process.stderr))
    try:
        yield await ready(process, errors, model)
    finally:
        await stop(process)
        errors.cancel()


def command(model: Path, alias: str, settings: EmbeddedSettings) -> list[str]:
    threads = settings.threads or max(1, (os.cpu_count() or 1) // 2)
    options = {"--alias": alias, "--threads": threads, "--slots": settings.slots, "--context": settings.context_tokens}
    flags = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "gateway.embedded.server", str(model), *flags]


async def ready(process: asyncio.subprocess.Process, errors: asyncio.Future[str], model: Path) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
    except TimeoutError:
        raise ConfigurationError(
            f"the model server for `{model.name}` did not start in {START_SECONDS:.0f} s"
        ) from None
    if not line:
        raise ConfigurationError(f"the model server for `{model.name}` ended at start: {await errors}")
    return line.decode().strip()


async def tail(stream: asyncio.StreamReader | None) -> str:
    """Drains a pipe so that it never fills; its last line."""
    last = b""
    assert stream is not None
    async for line in stream:
        last = line.strip() or last
    return last.decode(errors="replace") or "it printed nothing"


async def stop(process: asyncio.subprocess.Process) -> None:
    """Closing its standard input asks it to end; a server that hangs is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
