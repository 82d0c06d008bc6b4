"""One scripted upstream and the gateways in front of it, in a thread of their own that any test can call into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from gateway.settings import UpstreamSettings
from tests.processes import started
from tests.servers import ROOT, GuardianScript, running, serving
from tests.servers import settings as settings_of
from tests.transparency.differences import answer_as_it_goes, answer_that_came, request_as_it_goes, request_that_went
from tests.transparency.scripted import Answer, Got, Scripted, scripted
from tests.transparency.wire import Seen, exchange

T = TypeVar("T")
GATEWAYS = ("allow-all", "judged", "served", "early", "own key", "read")
"""Under no rule; under the shipped policies, with audit; the same as `gateway serve` runs it; forwarding before the
verdict; with a key of its own for the upstream; with answers judged.
"""
UNREAD = GATEWAYS[:-1]
KEY = "sk-of-the-gateway"
EARLY = "speculative: true\nrules:\n  - {name: unsafe, match: {verdict: unsafe}, action: block}\n"
OUTPUT = "rules:\n  - {name: leak, phase: output, match: {verdict: unsafe}, action: block}\n"


@dataclass(frozen=True, slots=True)
class Both:
    """One request, asked for twice: what the upstream got, and what the client saw."""

    gateway: str
    sent: Got
    direct: Seen
    forwarded: Got
    through: Seen

    def same(self) -> None:
        """Nothing differs but what `differences` says."""
        key = KEY.encode() if self.gateway == "own key" else None
        read = self.gateway == "read" and self.sent.method == b"POST"
        expected = request_as_it_goes(self.sent, read=read, key=key)
        assert request_that_went(self.forwarded) == expected
        assert answer_that_came(self.through) == answer_as_it_goes(self.direct)


class Lab:
    """The upstream, and each gateway's port. `compared` counts the requests that were sent both ways."""

    def __init__(self, loop: asyncio.AbstractEventLoop, upstream: Scripted, ports: dict[str, int]) -> None:
        self.loop = loop
        self.upstream = upstream
        self.ports = ports
        self.compared = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(100)

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
        return Both(gateway, sent, direct, forwarded, through)

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
    under = {name: policies(folder / name, text) for name, text in (("none", ""), ("early", EARLY), ("output", OUTPUT))}
    audit = {"url": f"sqlite+aiosqlite:///{folder}/audit.db"}
    async with scripted() as upstream, running(GuardianScript()) as guardian:
        variables = {
            "GATEWAY_UPSTREAM__BASE_URL": upstream.base_url,
            "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url,
            "GATEWAY_POLICIES": str(ROOT / "policies"),
            "GATEWAY_AUDIT__URL": f"sqlite+aiosqlite:///{folder}/served.db",
        }
        bare, judged, early, read = (
            settings_of(upstream, guardian, **more)  # type: ignore[arg-type]
            for more in (
                {"policies": under["none"]},
                {"audit": audit},
                {"policies": under["early"]},
                {"policies": under["output"]},
            )
        )
        own = UpstreamSettings(base_url=upstream.base_url, api_key=KEY)
        keyed = bare.model_copy(update={"upstream": own})
        wanted = {"allow-all": bare, "judged": judged, "early": early, "own key": keyed, "read": read}
        async with AsyncExitStack() as stack:
            urls = {"served": (await stack.enter_async_context(started("serve", **variables)))[0]}
            for name, settings in wanted.items():
                urls[name] = (await stack.enter_async_context(serving(settings))).url
            yield upstream, {name: int(url.rpartition(":")[2]) for name, url in urls.items()}


def policies(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "10.yaml").write_text(f"version: 1\ndefault: forward\n{text}")
    return folder


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
