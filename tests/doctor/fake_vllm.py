"""A model server that answers as vLLM does, well or with a trap: for each check of the doctor what it is to find."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

from tests.servers import EVENTS_HEAD, HARMFUL, Received, chunk, event, response

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|harm|>", "<|safe|>", "<|crime|>")
LABELS = ("<|harm|>", "<|safe|>")
TOO_LONG = "This model's maximum context length is {} tokens. However, your prompt contains more input tokens"
COMPLETION_FIELDS = ("prompt", "max_tokens", "temperature", "logprobs", "skip_special_tokens", "model", "stream")


@dataclass
class FakeVLLM:
    """What it is like. The defaults are a server that is set up right."""

    version: str | None = "0.32.0"
    health: str = "200 OK"
    served: tuple[str, ...] = ("slm-guardian-1b",)
    context: int = 4096
    key: str | None = None
    special: tuple[str, ...] = SPECIAL
    described: tuple[str, ...] = COMPLETION_FIELDS
    max_logprobs: int = 20
    gives_logprobs: bool = True
    mode: str = "raw_logprobs"
    hides_special: bool = False
    honours_guided: bool = False
    long_prompts: str = "refused"
    dice: str = "fixed"
    penalty: bool = False
    has_chat_template: bool = True
    remembers: bool = True
    lets_go: bool = True
    harm: Mapping[bool, float] = field(default_factory=lambda: {True: 0.99, False: 0.01})
    """P(harm) of a harmful and of a harmless text."""
    asked: list[str] = field(default_factory=list)
    hits: int = 0
    running: int = 0
    rolled: int = 0

    async def __call__(self, request: Received, writer: Any) -> None:
        path = request.target.split("?")[0]
        if path.startswith("/v1") and self.key and request.header("authorization") != f"Bearer {self.key}":
            writer.write(response(b'{"error":"Unauthorized"}', "401 Unauthorized"))
        elif request.method == "GET":
            writer.write(self.got(path))
        elif path == "/tokenize":
            writer.write(told({"tokens": self.tokens(prompt_of(request.json)), "max_model_len": self.context}))
        else:
            await self.complete(request.json, writer, chat="messages" in request.json)

    def got(self, path: str) -> bytes:
        models = [{"id": name, "root": name, "max_model_len": self.context} for name in self.served]
        schema = {"type": "object", "properties": {name: {} for name in self.described}}
        described = {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}
        found = {
            "/v1/models": {"object": "list", "data": models},
            "/openapi.json": {"paths": {"/v1/completions": described}},
            **({"/version": {"version": self.version}} if self.version else {}),
        }
        if path == "/health":
            return response(b"", self.health)
        if path == "/metrics" and self.version:
            gauges = f'vllm:num_requests_running{{engine="0"}} {self.running}\n'
            return response(
                (gauges + f"vllm:prefix_cache_hits_total {self.hits}\n").encode(), content_type="text/plain"
            )
        return told(found[path]) if path in found else refused(404, "Not Found")

    def tokens(self, text: str) -> list[int]:
        """The special ones have small ids; every word, and every other character, is a token."""
        pattern = "|".join([*map(re.escape, self.special), r"\w+", r"\S"])
        words = re.findall(pattern, text)
        return [self.special.index(w) if w in self.special else 100 + sum(w.encode()) for w in words]

    async def complete(self, body: dict[str, Any], writer: Any, *, chat: bool) -> None:
        prompt = prompt_of(body)
        wanted = body.get("top_logprobs", body.get("logprobs"))
        if chat and not self.has_chat_template:
            writer.write(refused(400, "default chat template is no longer allowed"))
        elif len(self.tokens(prompt)) > self.context and self.long_prompts != "cut":
            writer.write(refused(400, TOO_LONG.format(self.context) if self.long_prompts == "refused" else "no"))
        elif wanted is not None and wanted > self.max_logprobs:
            writer.write(refused(400, f"Requested sample logprobs of {wanted}, which is greater than max allowed"))
        elif body.get("stream"):
            await self.stream(body, prompt, writer, chat=chat)
        else:
            self.remember(prompt)
            writer.write(self.whole(body, prompt, chat=chat))

    def remember(self, prompt: str) -> None:
        self.hits += 32 * (self.remembers and prompt in self.asked)
        self.asked.append(prompt)

    def whole(self, body: dict[str, Any], prompt: str, *, chat: bool) -> bytes:
        if "guided_choice" in body and self.honours_guided:
            return told({"choices": [{"text": body["guided_choice"][0]}]})
        if body.get("ignore_eos"):
            return told({"choices": [{"text": self.sampled(body)}]})
        if "allowed_token_ids" in body:
            top = self.masked(body["allowed_token_ids"])
            return told({"choices": [{"text": "x", "logprobs": {"tokens": [next(iter(top))], "top_logprobs": [top]}}]})
        if chat:
            return told({"choices": [{"message": {"content": "Safety: Safe\nCategories: None"}}]})
        label, top = self.label(prompt, body.get("logprobs") or 1)
        logprobs = {"tokens": [label], "top_logprobs": [top]} if self.gives_logprobs else None
        return told({"choices": [{"text": "" if self.hides_special else label, "logprobs": logprobs}]})

    def label(self, prompt: str, wanted: int) -> tuple[str, dict[str, float]]:
        harm = self.harm[HARMFUL in prompt]
        rest = {f"word{number}": -20.0 - number for number in range(wanted - 2)}
        top = {"<|harm|>": log(harm), "<|safe|>": log(1 - harm), **rest}
        return ("<|harm|>" if harm >= 0.5 else "<|safe|>"), top

    def masked(self, ids: list[int]) -> dict[str, float]:
        """The log-probabilities when only these tokens are allowed."""
        names = [f"token_id:{number}" for number in ids]
        values = {"raw_logprobs": -14.0, "processed_logprobs": log(1 / len(ids)), "raw_logits": 9.0}
        masked = dict.fromkeys(names, values[self.mode])
        return masked if self.mode != "raw_logprobs" else {**masked, "token_id:7": log(1 - 2 * exp(-14.0))}

    def sampled(self, body: dict[str, Any]) -> str:
        self.rolled += self.dice == "loose" or (self.dice == "seedless" and body["temperature"] > 0)
        return f"{self.rolled} {self.penalty and 'repetition_penalty' not in body}"

    async def stream(self, body: dict[str, Any], prompt: str, writer: Any, *, chat: bool) -> None:
        self.running += 1
        try:
            writer.write(EVENTS_HEAD)
            for one in self.events(prompt, chat=chat):
                writer.write(chunk(one))
            await writer.drain()
            if body.get("ignore_eos"):
                await asyncio.sleep(60)
            writer.write(chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        finally:
            self.running -= self.lets_go or not body.get("ignore_eos")

    def events(self, prompt: str, *, chat: bool) -> Iterator[bytes]:
        if chat:
            yield event({"choices": [{"delta": {"content": "Safety: Safe\nCategories: None"}}]})
            yield event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
            return
        label, top = self.label(prompt, 5)
        logprobs = {"tokens": [label], "top_logprobs": [top]} if self.gives_logprobs else None
        yield event({"choices": [{"text": "" if self.hides_special else label, "logprobs": logprobs}]})
        yield event({"choices": [{"text": "I'm sorry.", "finish_reason": "stop"}]})


def prompt_of(body: dict[str, Any]) -> str:
    """A chat template puts the turns between markers."""
    if "messages" in body:
        return "".join(f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in body["messages"])
    return str(body["prompt"])


def told(value: object) -> bytes:
    return response(json.dumps(value).encode())


def refused(status: int, message: str) -> bytes:
    return response(json.dumps({"error": {"message": message, "code": status}}).encode(), f"{status} No")
