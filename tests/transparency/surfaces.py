"""The surfaces that are compared: one line each in `SURFACES`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers import completion_chunk, completion_object

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """A judged surface. `body` is the least that it takes: a text, whether to stream, and further members for its
    innermost object. Of surfaces whose answers can be judged, `event`: one of a streamed answer, `end`: the data that
    it ends with, `answer`: a whole one.
    """

    path: str
    body: Callable[[str, bool, Mapping[str, Any]], Json]
    event: Callable[[str], bytes] | None = None
    answer: Callable[[str], Json] | None = None
    end: tuple[bytes, ...] = (b"[DONE]",)


def chat(text: str, stream: bool, more: Mapping[str, Any]) -> Json:
    part = {"type": "text", "text": text, **more}
    return {"model": "m", "messages": [{"role": "user", "content": [part]}], "stream": stream}


def chat_event(text: str) -> bytes:
    return completion_chunk({"content": text})


def chat_answer(text: str) -> Json:
    answer: Json = json.loads(completion_object(text))
    return answer


SURFACES = (Compared("/v1/chat/completions", chat, chat_event, chat_answer),)
