"""A real model server, asked directly and through a gateway under the shipped policies with a kind guardian."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from gateway.settings import Settings
from gateway.upstream.sse import EventSplitter
from tests.servers import ROOT, GuardianScript, running, serving
from tests.transparency.differences import answer_as_it_goes, answer_that_came
from tests.transparency.requests import request
from tests.transparency.wire import Seen, exchange

MADE = re.compile(
    rb'("(?:id|item_id|created|created_at|completed_at|timings|request_id)"\s*:\s*)("(?:[^"\\]|\\.)*"|[0-9.]+|\{[^{}]*\})'
    rb"|((?:chatcmpl|cmpl|msg|resp|rs)[-_][\w-]+)"
)
"""What a server makes anew for each answer: its ids, its times, and (llama.cpp) how long it took."""
CHAT = "/v1/chat/completions"
SAY = [{"role": "user", "content": "What is the capital of France?"}]
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "properties": {}}}}
ONE_TOKEN = {"temperature": 1, "top_k": 1}
"""No chance, and yet not what vLLM calls greedy, which gives one choice only."""
BODIES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "streamed": {"stream": True},
    "streamed with usage": {"stream": True, "stream_options": {"include_usage": True}},
    "logprobs": {"logprobs": True, "top_logprobs": 3},
    "logprobs, streamed": {"logprobs": True, "top_logprobs": 3, "stream": True},
    "two choices": {"n": 2, **ONE_TOKEN},
    "two choices, streamed": {"n": 2, "stream": True, **ONE_TOKEN},
    "a stop word": {"stop": ["a", "e"]},
    "tools": {"tools": [TOOL], "tool_choice": "none"},
    "tools, automatic": {"tools": [TOOL]},
    "JSON": {"response_format": {"type": "json_object"}},
    "a schema": {"response_format": SCHEMA},
    "unknown fields": {"x_unknown": {"deep": [1e5, -0.0, 2**70]}, "metadata": {"a": "b"}},
    "a wrong type": {"temperature": "hot"},
    "out of range": {"temperature": -7, "top_p": 9},
    "another model": {"model": "no-such-model"},
}


@dataclass(frozen=True, slots=True)
class Ports:
    server: int
    gateway: int

    async def both(self, raw: bytes, *, bodiless: bool = False) -> tuple[Seen, Seen]:
        """What a client sees without the gateway, less what differs by right, and what it sees through it."""
        await exchange(self.server, raw, bodiless=bodiless)  # from now on the server's caches are warm
        direct = await exchange(self.server, raw, bodiless=bodiless)
        through = await exchange(self.gateway, raw, bodiless=bodiless)
        return plain(answer_as_it_goes(direct)), plain(answer_that_came(through))


def plain(seen: Seen) -> Seen:
    """Without what is made anew. The length counts that too."""
    headers = tuple(one for one in seen.headers if one[0] not in (b"content-length", b"date"))
    return replace(seen, headers=headers, body=MADE.sub(rb"\1null", seen.body))


def joined(seen: Seen) -> Seen:
    """A stream with the pieces of each choice put together: vLLM puts tokens that its reader is slow to take into one
    event.
    """
    if not any(value.startswith(b"text/event-stream") for _, value in seen.headers):
        return seen
    *events, last = EventSplitter().feed(seen.body)
    if b'"choices"' not in seen.body:
        return replace(
            seen, body=repr(typed([json.loads(one) for one in (*events, last) if one != b"[DONE]"])).encode()
        )
    texts, tokens, ends, beside = defaultdict(str), defaultdict(list), {}, {}
    for value in map(json.loads, events):
        beside |= {key: one for key, one in value.items() if key != "choices" and one is not None}
        for choice in value["choices"]:
            at = choice["index"]
            texts[at] += choice["text"] if "text" in choice else choice["delta"].get("content") or ""
            tokens[at] += (choice.get("logprobs") or {}).get("content") or []
            ends[at] = choice["finish_reason"]
    return replace(
        seen, body=repr((sorted(texts.items()), sorted(tokens.items()), ends, sorted(beside.items()), last)).encode()
    )


def typed(events: list[dict[str, Any]]) -> list[Any]:
    """Events that say their type, with the pieces that follow each other put together."""
    found: list[Any] = []
    for event in events:
        event.pop("sequence_number", None)
        delta = event.pop("delta", None)
        piece = delta.pop("text", None) if isinstance(delta, dict) else delta
        if isinstance(piece, str) and found and found[-1][:2] == [event, delta if isinstance(delta, dict) else None]:
            found[-1][2] += piece
        else:
            found.append([event, delta if isinstance(delta, dict) else None, piece])
    return found


def others(model: str) -> Mapping[str, bytes]:
    """A request to each of the other surfaces, plain and streamed, and one that is wrong."""
    turns = {"model": model, "messages": SAY, "max_tokens": 12, "temperature": 0}
    bodies: Mapping[str, Mapping[str, Any]] = {
        "/v1/completions": {"model": model, "prompt": "The capital of France", "max_tokens": 12, "temperature": 0},
        "/v1/messages": turns,
        "/v1/responses": {"model": model, "input": "What is the capital of France?", "max_output_tokens": 16},
    }
    found = {"/v1/messages/count_tokens": posted("/v1/messages/count_tokens", turns)}
    found |= {"/v1/embeddings": posted("/v1/embeddings", {"model": model, "input": "hello"})}
    for path, body in bodies.items():
        calm = {**body, "temperature": 0}
        found[path] = posted(path, calm)
        found[f"{path}, streamed"] = posted(path, {**calm, "stream": True})
        found[f"{path}, wrong"] = posted(path, {**calm, "temperature": "hot"})
    return found


def posted(path: str, body: Mapping[str, Any]) -> bytes:
    return request(b"POST", path.encode(), [], json.dumps(body).encode())


def chat(model: str, more: Mapping[str, Any]) -> bytes:
    body = {"model": model, "messages": SAY, "temperature": 0, "seed": 1, "max_tokens": 12, **more}
    return request(b"POST", CHAT.encode(), [(b"Accept-Encoding", b"gzip, deflate")], json.dumps(body).encode())


@asynccontextmanager
async def beside(base_url: str) -> AsyncIterator[Ports]:
    """The server's port and a gateway's in front of it."""
    async with running(GuardianScript()) as guardian:
        wanted = Settings(
            upstream={"base_url": base_url},
            guardians={"default": {"base_url": guardian.base_url}},
            policies=ROOT / "policies",
            audit={"url": ""},
        )
        async with serving(wanted) as gateway:
            yield Ports(port(base_url), port(gateway.url))


def port(url: str) -> int:
    return int(re.findall(r":(\d+)", url)[0])
