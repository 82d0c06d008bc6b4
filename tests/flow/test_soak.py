"""Everything at once: hedging, cascade, fallback, cache, windows, speculation, output rules, faults and clients that
leave. Afterwards nothing may be left of any of it.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from pathlib import Path

from tests.flow.chaos import PLACES, Callers, ChaosGuardian, ChaosUpstream, left, never
from tests.flow.held import until
from tests.servers import running, serving, settings

QUERIES = 500
POLICY = """\
version: 1
default: forward
speculative: true
rules:
  - {name: words, match: {verdict: unsafe, tenant: words}, action: {respond: guardian}, on_error: {respond: guardian}}
  - {name: status, match: {verdict: unsafe, tenant: status}, action: block}
  - name: elsewhere
    match: {verdict: unsafe, tenant: elsewhere}
    action: {forward: {model: other}}
    on_error: forward
  - {name: said, match: {verdict: unsafe, tenant: [words, elsewhere]}, phase: output, action: {respond: guardian}}
"""
COMMON = {"concurrency": PLACES, "queue": 24, "deadline_seconds": 0.8, "window_characters": 400, "passages": 8}


async def test_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text(POLICY)
    before = asyncio.all_tasks()
    async with (
        running(ChaosUpstream(1)) as upstream,
        running(ChaosGuardian(2, 0.06)) as small,
        running(ChaosGuardian(3, 0.03)) as large,
        running(ChaosGuardian(4, 0.03)) as spare,
        running(never) as store,
    ):
        own = {
            **COMMON, "hedge_seconds": 0.02, "hedge_share": 0.5, "breaker_seconds": 0.05, "cascade": "large",
            "fallback": "spare",
        }  # fmt: skip
        guardians = {
            "default": {**own, "base_url": small.base_url},
            "large": {**COMMON, "base_url": large.base_url, "fallback": "spare"},
            "spare": {**COMMON, "base_url": spare.base_url},
        }
        wanted = settings(
            upstream,
            small,
            guardians=guardians,
            policies=tmp_path,
            tenant_header="x-tenant",
            audit={"url": f"sqlite+aiosqlite:///{tmp_path / 'audit.db'}"},
            cache={"url": f"valkey://127.0.0.1:{store.port}"},
            conversation_key="0123456789abcdef0123456789abcdef",
            limits={"requests": 30},
        )
        async with serving(wanted) as given:
            callers = Callers(5, int(given.url.rsplit(":", 1)[1]), 32)
            await callers.call(QUERIES)
            with suppress(TimeoutError):
                await until(lambda: not left(given.gateway))
            assert left(given.gateway) == []
        assert {200, 400, 503} <= callers.statuses.keys()
        await until(lambda: not any(server.connections for server in (upstream, small, large, spare)))
    gc.collect()
    assert asyncio.all_tasks() == before
