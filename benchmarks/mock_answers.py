"""The bytes that the mock answers with, made once for what they depend on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import orjson

T = TypeVar("T")
Shape = Literal["vllm", "llama"]

REASONS = {200: "OK", 400: "Bad Request", 429: "Too Many Requests", 500: "Server Error", 503: "Service Unavailable"}
WORDS = ("The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "then", "takes", "a", "rest")
REFUSAL = ("I", " am", " sorry", ",", " but", " I", " cannot", " help", " with", " that", ".")
SAFE, HARM, CATEGORY = "<|safe|>", "<|harm|>", "<|crime|>"
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"
CREATED = 1700000000


def response(status: int, value: object, extra: str = "") -> bytes:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}\r\ncontent-type: application/json\r\n{extra}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


class Answers:
    """Responses and events, cached."""

    def __init__(self) -> None:
        self.cache: dict[object, Any] = {}

    def once(self, key: object, make: Callable[[], T]) -> T:
        if key not in self.cache:
            if len(self.cache) > 1000:
                self.cache.clear()
            self.cache[key] = make()
        found: T = self.cache[key]
        return found

    def completion(self, model: str, count: int) -> bytes:
        """A whole chat completion of so many words."""
        text = " ".join(WORDS[i % len(WORDS)] for i in range(count))
        return self.once((model, count), lambda: response(200, chat_completion(model, text, count)))

    def frame(self, model: str) -> tuple[bytes, bytes]:
        """The two halves of a content event, between which the content goes."""

        def make() -> tuple[bytes, bytes]:
            left, right = json.dumps(chat_chunk(model, {"content": "\0"}), separators=(",", ":")).split("\\u0000")
            return b"data: " + left.encode(), right.encode() + b"\n\n"

        return self.once(("frame", model), make)

    def stream(self, model: str, count: int) -> list[bytes]:
        """The chunks of a chat stream: the role, `count` words, the finish, [DONE] with the end of the body."""

        def make() -> list[bytes]:
            words = [chat_chunk(model, {"content": " " + WORDS[i % len(WORDS)]}) for i in range(count)]
            opening, closing = chat_chunk(model, {"role": "assistant", "content": ""}), chat_chunk(model, {}, "stop")
            return ended([event(value) for value in (opening, *words, closing)])

        return self.once(("stream", model, count), make)

    def guardian(self, model: str, shape: Shape, *, harmful: bool, forced: bool) -> list[bytes]:
        """The chunks of a guardian's generation: label, then nothing, or a category and the safe response."""

        def make() -> list[bytes]:
            label = () if forced else (HARM, CATEGORY) if harmful else (SAFE,)
            said = (*label, *REFUSAL) if harmful or forced else label
            return ended(
                [event(guardian_event(model, shape, token)) for token in said]
                + [event(guardian_event(model, shape, "", "stop"))]
            )

        return self.once(("guardian", model, shape, harmful, forced), make)

    def one_token(self, model: str, label: str, other: str) -> bytes:
        """The guardians of other gateways: a chat completion of one token with its log-probabilities."""

        def make() -> bytes:
            value = chat_completion(model, label, 1)
            value["choices"][0]["logprobs"] = llama_logprobs(label, other)
            return response(200, value)

        return self.once(("one token", model, label), make)


def ended(events: list[bytes]) -> list[bytes]:
    """As chunks; the last event goes together with [DONE] and the end of the body, as servers write it."""
    *first, last = events
    return [*map(chunk, first), chunk(last) + chunk(b"data: [DONE]\n\n") + LAST_CHUNK]


def chat_completion(model: str, text: str, tokens: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens},
    }


def chat_chunk(model: str, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    named = {"id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": CREATED, "model": model}
    return {**named, "choices": [choice]}


def guardian_event(model: str, shape: Shape, token: str, finish: str | None = None) -> dict[str, Any]:
    """One token of a text completion, with the log-probabilities as vLLM or as llama.cpp give them."""
    other = SAFE if token == HARM else HARM
    logprobs = (vllm_logprobs if shape == "vllm" else llama_logprobs)(token, other) if token else None
    choice = {"index": 0, "text": token, "logprobs": logprobs, "finish_reason": finish}
    return {"id": "cmpl-mock", "object": "text_completion", "created": CREATED, "model": model, "choices": [choice]}


def vllm_logprobs(token: str, other: str) -> dict[str, Any]:
    top = {token: -0.0101, other: -4.6, "a": -9.0, "b": -9.5, "c": -9.9}
    return {"text_offset": [0], "token_logprobs": [-0.0101], "tokens": [token], "top_logprobs": [top]}


def llama_logprobs(token: str, other: str) -> dict[str, Any]:
    top = [
        {"id": number, "token": text, "bytes": list(text.encode()), "logprob": logprob}
        for number, (text, logprob) in enumerate(((token, -0.0101), (other, -4.6), ("a", -9.0), ("b", -9.5)))
    ]
    return {"content": [{**top[0], "top_logprobs": top}]}
