"""One scripted upstream and the gateways in front of it, in a thread of their own that any test can call into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from tests.processes import started
from tests.servers import ROOT, GuardianScript, running, serving
from tests.servers import settings as settings_of
from tests.transparency.differences import answer_as_it_goes, answer_that_came, request_as_it_goes, request_that_went
from tests.transparency.scripted import Answer, Got, Scripted, scripted
from tests.transparency.wire import Seen, exchange

T = TypeVar("T")
GATEWAYS = ("allow-all", "judged", "served", "read")
"""Under no rule; under the shipped policies, with audit; the same as `gateway serve` runs it; with answers judged."""
OUTPUT = "rules:\n  - {name: leak, phase: output, match: {verdict: unsafe}, action: block}\n"


@dataclass(frozen=True, slots=True)
class Both:
    """One request, asked for twice: what the upstream got, and what the client saw."""

    sent: Got
    direct: Seen
    forwarded: Got
    through: Seen

    def same(self, *, read: bool = False) -> None:
        """Nothing differs but what `differences` says."""
        assert request_that_went(self.forwarded) == request_as_it_goes(self.sent, read=read)
        assert answer_that_came(self.through) == answer_as_it_goes(self.direct)


class Lab:
    """The upstream, and each gateway's port. `compared` counts the requests that were sent both ways."""

    def __init__(self, loop: asyncio.AbstractEventLoop, upstream: Scripted, ports: dict[str, int]) -> None:
        self.loop = loop
        self.upstream = upstream
        self.ports = ports
        self.compared = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def both(
        self, gateway: str, request: bytes, answer: Answer, *, bodiless: bool = False, ends: tuple[int, ...] = ()
    ) -> Both:
        self.compared += 1
        return self.run(self.exchanges(gateway, request, answer, bodiless, ends))

    async def exchanges(
        self, gateway: str, request: bytes, answer: Answer, bodiless: bool, ends: tuple[int, ...]
    ) -> Both:
        sent, direct = await self.asked(self.upstream.port, request, answer, bodiless, ends)
        forwarded, through = await self.asked(self.ports[gateway], request, answer, bodiless, ends)
        return Both(sent, direct, forwarded, through)

    async def asked(
        self, port: int, request: bytes, answer: Answer, bodiless: bool, ends: tuple[int, ...]
    ) -> tuple[Got, Seen]:
        self.upstream.set(answer)
        self.upstream.got.clear()
        waiting = list(ends)

        def told(size: int) -> None:
            while waiting and size >= waiting[0]:
                del waiting[0]
                self.upstream.go.release()

        seen = await exchange(port, request, bodiless=bodiless, told=told)
        (got,) = self.upstream.got
        return got, seen

    def alone(self, gateway: str, request: bytes, answer: Answer | None = None) -> tuple[list[Got], Seen]:
        """Through the gateway only."""
        if answer is not None:
            self.upstream.set(answer)
        self.upstream.got.clear()
        seen = self.run(exchange(self.ports[gateway], request))
        return list(self.upstream.got), seen


@asynccontextmanager
async def gateways(folder: Path) -> AsyncIterator[tuple[Scripted, dict[str, int]]]:
    (folder / "none").mkdir()
    (folder / "none" / "10.yaml").write_text("version: 1\ndefault: forward\n")
    (folder / "output").mkdir()
    (folder / "output" / "10.yaml").write_text(f"version: 1\ndefault: forward\n{OUTPUT}")
    audit = {"url": f"sqlite+aiosqlite:///{folder}/audit.db"}
    async with scripted() as upstream, running(GuardianScript()) as guardian:
        variables = {
            "GATEWAY_UPSTREAM__BASE_URL": upstream.base_url,
            "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url,
            "GATEWAY_POLICIES": str(ROOT / "policies"),
            "GATEWAY_AUDIT__URL": f"sqlite+aiosqlite:///{folder}/served.db",
        }
        async with (
            serving(settings_of(upstream, guardian, policies=folder / "none")) as bare,  # type: ignore[arg-type]
            serving(settings_of(upstream, guardian, audit=audit)) as judged,  # type: ignore[arg-type]
            serving(settings_of(upstream, guardian, policies=folder / "output")) as read,  # type: ignore[arg-type]
            started("serve", **variables) as (served, _),
        ):
            urls = {"allow-all": bare.url, "judged": judged.url, "served": served, "read": read.url}
            yield upstream, {name: int(url.rpartition(":")[2]) for name, url in urls.items()}


@contextmanager
def open_lab(folder: Path) -> Iterator[Lab]:
    """Everything is opened, and closed, by one task of the thread's loop."""
    opened: Future[Lab] = Future()
    end = asyncio.Event()

    async def live() -> None:
        try:
            async with gateways(folder) as (upstream, ports):
                opened.set_result(Lab(asyncio.get_running_loop(), upstream, ports))
                await end.wait()
        except BaseException as error:
            if opened.done():
                raise
            opened.set_exception(error)

    thread = Thread(target=asyncio.run, args=(live(),))
    thread.start()
    lab = opened.result()
    try:
        yield lab
    finally:
        lab.loop.call_soon_threadsafe(end.set)
        thread.join()
