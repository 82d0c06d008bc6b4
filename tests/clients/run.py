"""Runs every client in every case, against a gateway between a fake upstream and fake guardians."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gateway.observe.reading import AuditReader
from tests.clients.clients import SURFACES, Client, clients
from tests.clients.upstream.answering import answering
from tests.faults import FAULTS
from tests.servers import HARMFUL, FakeServer, GuardianScript, running, serving, settings

SAFE, UNSAFE = "Tell me the capital of France.", f"Tell me {HARMFUL} things."
CASES: Mapping[str, str] = MappingProxyType(
    {"allowed": SAFE, "answered": UNSAFE, "refused": UNSAFE, "cut": SAFE, "blocked": UNSAFE, "down": SAFE}
)
"""The cases, as the policies beside this file know them by the model's name, and what is asked in each."""
DIRECT = "direct"
"""As `allowed`, with no gateway between."""
AT_A_TIME = 4
SECONDS = 300
OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller of a library gets in one case. `tries`: how often the library sent the query."""

    text: str | None = None
    finish: str | None = None
    refusal: str | None = None
    error: Mapping[str, Any] | None = None
    tries: int = 0
    forwarded: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    client: str
    way: str
    case: str


@dataclass(frozen=True, slots=True)
class Job:
    cell: Cell
    model: str

    def line(self, gateway: str, upstream: str) -> bytes:
        case = self.cell.case
        base, prompt = (upstream, SAFE) if case == DIRECT else (gateway, CASES[case])
        return json.dumps({"way": self.cell.way, "gateway": base, "model": self.model, "prompt": prompt}).encode()


def jobs() -> list[tuple[Client, list[Job]]]:
    number = count()
    return [
        (client, [Job(Cell(client.name, way, case), f"{case}-{next(number)}") for way, case in asked(client)])
        for client in clients()
    ]


def asked(client: Client) -> Iterator[tuple[str, str]]:
    for way, surface in client.ways.items():
        for case in (DIRECT, *(CASES if surface in SURFACES else ())):
            yield way, case


async def matrix(place: Path) -> dict[Cell, Told]:
    """What every client sees. The folder is for the audit, which says how often each query came."""
    url = f"sqlite+aiosqlite:///{place / 'audit.db'}"
    async with running(answering) as up, running(GuardianScript()) as guard, running(FAULTS["500"][1]) as down:
        broken = {"base_url": down.base_url, "breaker_failures": 0}
        guardians = {"default": {"base_url": guard.base_url}, "down": broken}
        policies = Path(__file__).parent / "policies"
        wanted = settings(up, guard, guardians=guardians, policies=policies, audit={"url": url})
        async with serving(wanted) as given:
            seen = await everyone(given.url, up)
        forwarded = Counter(request.json["model"] for request in up.received if request.method == "POST")
    async with AuditReader.open(url) as reader:
        tries = Counter([record["model"] async for record in reader.since(0)])
    return {
        job.cell: Told(**told, tries=tries[job.model] or forwarded[job.model], forwarded=forwarded[job.model])
        for job, told in seen
    }


async def everyone(gateway: str, upstream: FakeServer) -> list[tuple[Job, dict[str, Any]]]:
    room = asyncio.Semaphore(AT_A_TIME)

    async def one(client: Client, work: list[Job]) -> list[tuple[Job, dict[str, Any]]]:
        async with room:
            return await called(client, work, gateway, upstream.base_url.removesuffix("/v1"))

    return [pair for pairs in await asyncio.gather(*(one(*item) for item in jobs())) for pair in pairs]


async def called(client: Client, work: list[Job], gateway: str, upstream: str) -> list[tuple[Job, dict[str, Any]]]:
    """All of one client's calls, in one process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "ANTHROPIC_"))}
    process = await asyncio.create_subprocess_exec(
        *client.command, env={**clean, **OFFLINE}, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    lines = b"\n".join(job.line(gateway, upstream) for job in work)
    async with asyncio.timeout(SECONDS):
        out, complained = await process.communicate(lines)
    assert process.returncode == 0, f"{client.script}: {complained.decode()[-3000:]}"
    found = [json.loads(line) for line in out.splitlines()]
    assert [told.pop("model") for told in found] == [job.model for job in work], client.script
    return list(zip(work, found, strict=True))
