"""What judging a streamed answer costs its reader: time to the first token and to the last, calls of the guardian.

    python -m benchmarks.output_windows

Mock, gateways and readers share one process: all streams run at the same time, and wait more than they work. The table
is in docs/decisions/0012-judged-answers-are-released-in-windows.md.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks.mock_answers import Answers
from benchmarks.mock_llm import DEFAULTS, Connection, Mock, Stats
from gateway.app import build_app
from gateway.assembly.opening import open_gateway
from gateway.cli.process import Server, config
from gateway.settings import AuditSettings, GuardianSettings, Settings, UpstreamSettings

RULE = "rules:\n  - {name: unsafe-answer, phase: output, match: {verdict: unsafe}, action: block}\n"
WAYS = {
    "not judged": "",
    "whole": "answers: {stream: whole}\n" + RULE,
    "windows": RULE,
    "windows, leak 200": "answers: {leak: 200, reason: measured}\n" + RULE,
}
GUARDIAN_MS = (5, 50, 200)
RATES = (30, 100)


@dataclass(frozen=True, slots=True)
class Plan:
    """One stream: tokens a second, milliseconds to a verdict, and how the answer is released."""

    rate: int
    guardian_ms: int
    way: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one stream, in seconds from the request."""

    first: float
    last: float
    longest_pause: float
    calls: int


async def compare(tokens: int) -> None:
    print("| tokens/s | guardian | way | first token | last token | longest pause | guardian calls |")
    print("| --: | --: | --- | --: | --: | --: | --: |")
    for rate in RATES:
        plans = [Plan(rate, guardian_ms, way) for guardian_ms in GUARDIAN_MS for way in WAYS]
        together, answers = asyncio.Barrier(len(plans)), Answers()
        answers.stream("mock", tokens)
        measured = await asyncio.gather(*(measure(one, tokens, answers, together) for one in plans))
        for plan, found in zip(plans, measured, strict=True):
            times = f"{found.first * 1000:,.0f} ms | {found.last:.1f} s | {found.longest_pause * 1000:,.0f} ms"
            print(f"| {plan.rate} | {plan.guardian_ms} ms | {plan.way} | {times} | {found.calls} |", flush=True)


async def measure(plan: Plan, tokens: int, answers: Answers, together: asyncio.Barrier) -> Figures:
    """Nothing starts or stops while the streams run."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        (folder / "10.yaml").write_text(f"version: 1\ndefault: forward\n{WAYS[plan.way]}")
        stats = Stats()
        models = await stack.enter_async_context(mocked(plan, tokens, answers, stats))
        url = await stack.enter_async_context(served(folder, models))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=120, verify=False))
        _ = [at async for at in arrivals(client, url, "hello [[mock:chunks=1]]")]
        stats.reset()
        await together.wait()
        begun = time.monotonic()
        times = [at - begun async for at in arrivals(client, url)]
        await together.wait()
    pauses = [after - before for before, after in pairwise(times)]
    return Figures(times[0], times[-1], max(pauses, default=0.0), stats.guardian)


@asynccontextmanager
async def mocked(plan: Plan, tokens: int, answers: Answers, stats: Stats) -> AsyncIterator[str]:
    knobs = DEFAULTS.turned(f"chunks={tokens},itl_ms={1000 / plan.rate},guard_ms={plan.guardian_ms}")
    mock = Mock(knobs, b"HARMFUL", answers, stats)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(mock), "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


@asynccontextmanager
async def served(policies: Path, models: str) -> AsyncIterator[str]:
    settings = Settings(
        _env_file=None,
        upstream=UpstreamSettings(base_url=models),
        guardians={"default": GuardianSettings(base_url=models)},
        policies=policies,
        audit=AuditSettings(url=""),
    )
    async with open_gateway(settings, progress=lambda share: None) as gateway:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            server = Server(config(build_app(gateway)))
            task = asyncio.ensure_future(server.serve([sock]))
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/v1/chat/completions"
            server.should_exit = True
            await task


async def arrivals(client: httpx.AsyncClient, url: str, text: str = "hello") -> AsyncIterator[float]:
    """When pieces with text in them came."""
    asked = {"model": "mock", "stream": True, "messages": [{"role": "user", "content": text}]}
    async with client.stream("POST", url, json=asked) as answer:
        async for chunk in answer.aiter_raw():
            if b'"content":" ' in chunk:
                yield time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=1000, help="tokens of each answer")
    asyncio.run(compare(parser.parse_args().tokens))


if __name__ == "__main__":
    main()
