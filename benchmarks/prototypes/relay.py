"""A Starlette application that relays chat completions, and with GUARD=1 asks a guardian for one token first.

CLIENT is one of lean-send (our transport's own call), lean-seam (the same under httpx's transport seam, called
directly), lean-client (the same in an httpx.AsyncClient), httpx, httpx2, aiohttp.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from benchmarks.prototypes.clients import Client, client
from gateway.upstream.headers import request_headers

PATH = "/v1/chat/completions"


class Relay:
    def __init__(self, asks: Client, *, guard: bool) -> None:
        self.asks = asks
        self.guard = guard

    async def chat(self, request: Request) -> Response:
        body = await request.body()
        if self.guard and await self.harmful(orjson.loads(body)):
            return Response(b'{"object":"chat.completion","choices":[]}', media_type="application/json")
        headers = request_headers(request.headers.raw, request_id="r", own_key=False)
        answer = await self.asks.open(PATH, headers, body)
        if answer.kind.startswith("text/event-stream"):
            return StreamingResponse(answer.pieces, answer.status, media_type=answer.kind)
        return Response(await joined(answer.pieces), answer.status, media_type=answer.kind)

    async def harmful(self, asked: Any) -> bool:
        message = {"role": "user", "content": asked["messages"][-1]["content"]}
        body = {"model": "guardian", "messages": [message], "max_tokens": 1, "temperature": 0, "logprobs": True}
        answer = await self.asks.open("/guardian" + PATH, [(b"content-type", b"application/json")], orjson.dumps(body))
        said = orjson.loads(await joined(answer.pieces))
        return bool(said["choices"][0]["logprobs"]["content"][0]["token"] == "Yes")


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def build() -> Starlette:
    upstream = os.environ.get("MOCK", "http://127.0.0.1:19000")
    relay = Relay(client(os.environ.get("CLIENT", "lean-send"), upstream), guard=os.environ.get("GUARD") == "1")
    return Starlette(routes=[Route(PATH, relay.chat, methods=["POST"])])


app = build()
