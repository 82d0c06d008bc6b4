"""Contract 1: no trick shows the upstream a text that no guardian has read. And the proof that this would be seen."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.surfaces.served import coverage
from tests.processes import started
from tests.servers import GuardianScript, Received, completion_object, response, running, stack
from tests.tricks.catalogue import PAGE, page, tricks
from tests.tricks.probe import Seen, fault, tried
from tests.tricks.trick import Trick

TRICKS: Mapping[str, Trick] = {trick.name: trick for trick in tricks()}
UNCACHED = {"cache": {"entries": 0}}
FORWARD_ALL = "version: 1\ndefault: forward\nrules: []\n"


class Careless(GuardianScript):
    """A guardian that finds no harm in anything."""

    def events(self, prompt: str) -> list[bytes]:
        return super().events("hello")


async def accepting(request: Received, writer: asyncio.StreamWriter) -> None:
    """An upstream that takes whatever it gets."""
    del request
    writer.write(response(completion_object("Paris.")))
    await writer.drain()


def named(*ends: str) -> list[str]:
    return [name for name, trick in TRICKS.items() if trick.end in ends]


@pytest.mark.parametrize("name", TRICKS)
async def test_a_trick_fails(name: str) -> None:
    async with stack(accepting) as served:
        seen = await tried(TRICKS[name], served.url, served.guardian, served.upstream)
    assert fault(TRICKS[name], seen) is None


async def test_a_trick_is_judged_where_it_would_pass() -> None:
    """Under a guardian that finds no harm: every text that reaches the upstream has been read by it."""
    async with stack(accepting, guardian=Careless(), **UNCACHED) as served:
        for name in named("judged"):
            seen = await tried(TRICKS[name], served.url, served.guardian, served.upstream)
            assert (seen.judged, bool(seen.upstream)) == (True, True), name


async def test_every_trick_that_is_judged_leaks_where_nothing_is(tmp_path: Path) -> None:
    """The proof that a leak would be seen: policies that forward unjudged let every one through, and it is told."""
    (tmp_path / "10.yaml").write_text(FORWARD_ALL)
    async with stack(accepting, policies=tmp_path) as served:
        for name in named("judged", "left behind"):
            seen = await tried(TRICKS[name], served.url, served.guardian, served.upstream)
            told = fault(TRICKS[name], seen)
            assert told is None if TRICKS[name].end == "left behind" else told is not None, name
            assert not seen.judged
            assert not seen.upstream or TRICKS[name].end == "left behind" or "leak" in str(told), (name, told)


async def test_every_trick_that_is_refused_is_so_where_nothing_is_judged(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text(FORWARD_ALL)
    async with stack(accepting, policies=tmp_path) as served:
        for name in named("refused"):
            seen = await tried(TRICKS[name], served.url, served.guardian, served.upstream)
            assert fault(TRICKS[name], seen) is None, name


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b'HTTP/1.1 400 x\r\n\r\n{"error":{"code":"other"}}']
)
def test_an_end_that_is_not_the_one_that_was_told_is_seen(answer: bytes) -> None:
    for name in named("refused", "judged", "left behind"):
        assert fault(TRICKS[name], Seen(answer, judged=False, upstream=(), upstream_bytes=0)) is not None, name


async def test_the_command_serves_the_same() -> None:
    """What the HTTP server does with a request, in the process that `gateway serve` starts."""
    families = {"invalid_http", "invalid_header", "unknown_endpoint", "invalid_query_string"}
    async with running(accepting) as upstream, running(GuardianScript()) as guardian:
        variables = {
            "GATEWAY_UPSTREAM__BASE_URL": upstream.base_url,
            "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url,
            "GATEWAY_AUDIT__URL": "",
            "GATEWAY_CACHE__ENTRIES": "0",
        }
        async with started("serve", **variables) as (url, _):
            upstream.received.clear()
            wire = [one for one in TRICKS.values() if one.end in ("judged", "left behind") or one.code in families]
            for trick in wire:
                assert fault(trick, await tried(trick, url, guardian, upstream)) is None, trick.name
    assert len(wire) > 200


def test_names_are_told_apart_and_every_end_is_there() -> None:
    assert len(TRICKS) == len([*tricks()])
    ends = Counter(trick.end for trick in TRICKS.values())
    assert min(ends["judged"], ends["refused"]) > 60
    assert min(ends["left behind"], ends["trusted"]) > 5


def test_what_is_trusted_is_so_by_the_coverage() -> None:
    passing = {cell.place for cell in coverage() if cell.state in ("trusted", "unscanned")}
    assert {TRICKS[name].place for name in named("trusted")} <= passing


def test_the_page_lists_every_trick() -> None:
    assert PAGE.read_text() == page()
