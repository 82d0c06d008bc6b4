"""Sends a Reply to the client, byte for byte, with the headers that say what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
from starlette.types import Send

from gateway.act import Reply
from gateway.connection import Presence
from gateway.upstream.headers import Header


async def deliver(
    reply: Reply, said: list[Header], send: Send, presence: Presence, on_first_byte: Callable[[], None]
) -> bool:
    """Whether the body was complete. A body that breaks off is left unfinished, so that the client sees the cut as it
    was.
    """
    if isinstance(reply.body, bytes):
        length = (b"content-length", b"%d" % len(reply.body))
        await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, length, *said]})
        on_first_byte()
        presence.served = True
        await send({"type": "http.response.body", "body": reply.body})
        return True
    await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, *said]})
    if not await relay(reply.body, send, on_first_byte):
        return False
    presence.served = True
    await send({"type": "http.response.body", "body": b""})
    return True


async def relay(body: AsyncIterator[bytes], send: Send, on_first_byte: Callable[[], None]) -> bool:
    begun = False
    try:
        async for chunk in body:
            if not begun:
                on_first_byte()
                begun = True
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except httpx.TransportError:
        return False
    return True
