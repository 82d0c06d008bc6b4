"""Client gone, work gone: the work inside is cancelled at once when the client disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive


class ClientGone(Exception):
    """The client disconnected before it had its whole answer."""


class Presence:
    """Whether the client still waits. Set `served` before the last byte is sent: a disconnect after it is no loss."""

    served = False


@asynccontextmanager
async def cancelled_on_disconnect(receive: Receive) -> AsyncIterator[Presence]:
    """Watches `receive`, whose body must have been read; raises ClientGone in the block's place when the client goes.

    One watching task a request: an anyio task group costs several times as much.
    """
    task, presence, gone = asyncio.current_task(), Presence(), False
    assert task is not None

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        if not presence.served:
            gone = True
            task.cancel()

    watcher = asyncio.ensure_future(watch())
    try:
        yield presence
    except asyncio.CancelledError:
        if not gone or task.uncancel() > 0:
            raise
        raise ClientGone from None
    finally:
        watcher.cancel()
