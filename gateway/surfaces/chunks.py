"""Writes a streamed completion of OpenAI's, chat or not: chunks of choices, then `[DONE]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.surfaces.answer_json import answer_object
from gateway.surfaces.surface import Annotation

NO_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""The upstream was not asked: nothing is to be billed."""
FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')
Choice = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a choice holds in the first chunk, in one of a piece of text, and in the last."""

    started: Choice
    saying: Callable[[str], Choice]
    ended: Choice


class ChunkWriter:
    """The chunks of one completion, each for all of its choices. Behind an upstream's they bear its id, and speak for
    the choices that it has not finished: clients look for one in every chunk. `body` is the caller's.
    """

    def __init__(
        self, head: Mapping[str, Any], choices: int, shape: Shape, body: Mapping[str, Any], moderation: Annotation
    ) -> None:
        self.head = dict(head)
        self.open = [*range(choices)]
        self.shape = shape
        options = body.get("stream_options")
        self.tells_usage = bool(isinstance(options, dict) and options.get("include_usage"))
        self.moderation = moderation
        self.followed = False

    def follow(self, data: bytes) -> None:
        if self.followed and FINISHED.search(data) is None:
            return
        chunk = answer_object(data)
        if chunk is None:
            return
        if not self.followed:
            self.head |= {key: chunk[key] for key in ("id", "created", "model") if key in chunk}
        self.followed = True
        ended = [one.get("index", 0) for one in choices_of(chunk) if one.get("finish_reason") is not None]
        self.open = [index for index in self.open if index not in ended]

    def opening(self) -> bytes:
        return self.chunk(self.shape.started, moderation=self.moderation)

    def delta(self, text: str) -> bytes:
        return self.chunk(self.shape.saying(text))

    def closing(self, finish_reason: str) -> bytes:
        last = self.chunk(self.shape.ended, finish_reason)
        if self.tells_usage:
            last += event({**self.head, "choices": [], "usage": NO_USAGE})
        return last + b"data: [DONE]\n\n"

    def chunk(self, said: Choice, finish_reason: str | None = None, moderation: Annotation = None) -> bytes:
        if not self.open:
            return b""
        choices = [{"index": i, **said, "logprobs": None, "finish_reason": finish_reason} for i in self.open]
        told = {} if moderation is None else {"moderation": moderation}
        return event({**self.head, "choices": choices, **told})


def choices_of(chunk: Mapping[str, Any]) -> list[Choice]:
    found = chunk.get("choices")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def event(chunk: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
