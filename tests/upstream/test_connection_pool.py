"""Connections are kept, shared, waited for, and given up."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from gateway.upstream.transport import LeanTransport, Origin
from tests.upstream.wire import OK, Caller, Peer, answer_all, calling, serving


class Gate:
    """A script whose answers wait for `opened`; `waiting` is how many requests are held."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.waiting = 0

    async def script(self, peer: Peer) -> None:
        while True:
            await peer.request()
            self.waiting += 1
            await self.opened.wait()
            await peer.say(OK)

    async def holds(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.waiting < count:
                await asyncio.sleep(0.005)


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with calling(answer_all) as (caller, server):
        assert [await caller.ask() for _ in range(5)] == [b"1"] * 5
        assert server.accepted == 1


async def test_the_last_one_used_is_used_next() -> None:
    gate = Gate()
    async with calling(gate.script) as (caller, server):
        asks = [asyncio.ensure_future(caller.ask()) for _ in range(3)]
        await gate.holds(3)
        gate.opened.set()
        await asyncio.gather(*asks)
        idle = caller.transport.pool.idle[caller.origin]
        last = idle[-1]
        await caller.ask()
        assert len(idle) == server.accepted == 3
        assert idle[-1] is last


async def test_there_are_never_more_connections_than_allowed() -> None:
    gate = Gate()
    async with calling(gate.script, max_connections=2) as (caller, server):
        asks = [asyncio.ensure_future(caller.ask()) for _ in range(7)]
        await gate.holds(2)
        gate.opened.set()
        assert await asyncio.gather(*asks) == [b"ok"] * 7
        assert server.accepted == 2


async def test_waiting_for_a_connection_has_a_limit() -> None:
    gate = Gate()
    async with calling(gate.script, max_connections=1) as (caller, _):
        first = asyncio.ensure_future(caller.ask())
        await gate.holds(1)
        caller.timeouts = httpx.Timeout(5, pool=0.05)
        with pytest.raises(httpx.PoolTimeout):
            await caller.ask()
        gate.opened.set()
        assert await first == b"ok"
        assert await caller.ask() == b"ok"


async def test_a_connection_is_not_lost_when_its_waiter_is_cancelled_as_it_gets_it() -> None:
    gate = Gate()
    async with calling(gate.script, max_connections=1) as (caller, _):
        first, second = (asyncio.ensure_future(caller.ask()) for _ in range(2))
        await gate.holds(1)
        [(_, ticket)] = caller.transport.pool.queue
        gate.opened.set()
        while not ticket.done():
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([first, second])
        assert second.cancelled()
        assert await asyncio.wait_for(caller.ask(), 2) == b"ok"


async def test_a_failed_exchange_frees_its_place_for_the_next_in_the_queue() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            await asyncio.sleep(0.05)
            return
        await peer.say(OK)

    async with calling(script, max_connections=1) as (caller, _):
        results = await asyncio.gather(caller.ask(), caller.ask(), return_exceptions=True)
        assert isinstance(results[0], httpx.RemoteProtocolError)
        assert results[1] == b"ok"


async def test_an_idle_connection_makes_room_for_another_origin() -> None:
    async with serving(answer_all) as one, serving(answer_all) as two:
        transport = LeanTransport(max_connections=1)
        for server in (one, two, one):
            assert await Caller(transport, server.url).ask()
        assert (one.accepted, two.accepted) == (2, 1)
        await transport.aclose()


async def test_a_queue_of_two_origins_moves_on() -> None:
    gate, other = Gate(), Gate()
    async with serving(gate.script) as one, serving(other.script) as two:
        transport = LeanTransport(max_connections=1)
        asks = [asyncio.ensure_future(Caller(transport, server.url).ask()) for server in (one, two, one, two)]
        gate.opened.set()
        other.opened.set()
        assert await asyncio.gather(*asks) == [b"ok"] * 4
        await transport.aclose()


async def test_idle_connections_are_closed_in_time() -> None:
    async with calling(answer_all, idle_seconds=0.1) as (caller, server):
        await caller.ask()
        await asyncio.sleep(0.05)
        assert len(server.open) == 1
        await server.deserted()
        assert await caller.ask() == b"2"


async def test_closing_ends_idle_and_busy_connections_alike() -> None:
    gate = Gate()
    async with serving(answer_all) as one, serving(gate.script) as two:
        transport = LeanTransport()
        await Caller(transport, one.url).ask()
        busy = asyncio.ensure_future(Caller(transport, two.url).ask())
        await gate.holds(1)
        await transport.aclose()
        with pytest.raises(httpx.ReadError, match="closed"):
            await busy
        with pytest.raises(RuntimeError, match="the transport is closed"):
            await Caller(transport, one.url).ask()
        await one.deserted()


async def test_closing_refuses_those_who_wait() -> None:
    gate = Gate()
    async with calling(gate.script, max_connections=1) as (caller, _):
        asks = [asyncio.ensure_future(caller.ask()) for _ in range(3)]
        await gate.holds(1)
        await caller.transport.aclose()
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert [type(result) for result in results] == [httpx.ReadError, RuntimeError, RuntimeError]


async def test_nobody_listens() -> None:
    async with serving(answer_all) as server:
        url = server.url
    transport = LeanTransport()
    with pytest.raises(httpx.ConnectError, match=f"127.0.0.1:{url.port}"):
        await Caller(transport, url).ask()
    assert transport.pool.taken == 0


async def test_an_unknown_host() -> None:
    transport = LeanTransport()
    for host in ("no-such-host.invalid", "a" * 70 + ".invalid"):
        with pytest.raises(httpx.ConnectError):
            await transport.send(Origin(host, 80, False, host.encode(), host), b"GET", b"/", [])


async def test_cancelling_a_connect_gives_its_place_back() -> None:
    async def silent(peer: Peer) -> None:
        await peer.gone()

    async with serving(silent) as server:
        transport = LeanTransport(max_connections=1)
        task = asyncio.ensure_future(Caller(transport, server.url.copy_with(scheme="https")).ask())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        assert transport.pool.taken == 0
        await server.deserted()
