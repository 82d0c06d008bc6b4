"""The surfaces that are compared: one line each in `SURFACES`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.servers import completion_chunk, completion_object
from tests.surfaces.responses.spoken import Spoken

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """A judged surface. `body` is the least that it takes: a text, whether to stream, and further members for its
    innermost object. Of one that speaks, `answer`: a whole answer, `events`: the same streamed in these pieces, `end`:
    what follows them that is no JSON.
    """

    path: str
    body: Callable[[str, bool, Mapping[str, Any]], Json]
    answer: Callable[[str], Json] | None = None
    events: Callable[[Sequence[str]], list[Json]] | None = None
    end: tuple[bytes, ...] = ()


def conversation(text: str, stream: bool, more: Mapping[str, Any]) -> Json:
    part = {"type": "text", "text": text, **more}
    return {"model": "m", "messages": [{"role": "user", "content": [part]}], "stream": stream}


def chat_answer(text: str) -> Json:
    answer: Json = json.loads(completion_object(text))
    return answer


def chat_events(texts: Sequence[str]) -> list[Json]:
    raw = [*(completion_chunk({"content": text}) for text in texts), completion_chunk({}, "stop")]
    return [json.loads(one.removeprefix(b"data: ")) for one in raw]


def message(text: str) -> Json:
    usage = {"input_tokens": 3, "output_tokens": 5}
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "usage": usage}
    return {**body, "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None}


def message_events(texts: Sequence[str]) -> list[Json]:
    opening = {**message(""), "content": [], "stop_reason": None}
    deltas = [{"type": "text_delta", "text": text} for text in texts]
    return [
        {"type": "message_start", "message": opening},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]


def prompted(text: str, stream: bool, more: Mapping[str, Any]) -> Json:
    return {"model": "m", "prompt": f"Say {text}", "stream": stream, **more}


def completion(text: str) -> Json:
    choices = [{"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}]
    return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": choices}


def completion_events(texts: Sequence[str]) -> list[Json]:
    return [completion(text) for text in texts]


def response_input(text: str, stream: bool, more: Mapping[str, Any]) -> Json:
    part = {"type": "input_text", "text": text, **more}
    return {"model": "m", "input": [{"role": "user", "content": [part]}], "stream": stream}


def response(text: str) -> Json:
    whole: Json = Spoken().all(text)[-1]["response"]
    return whole


def response_events(texts: Sequence[str]) -> list[Json]:
    return Spoken(3).all("".join(texts))


def filled(*fields: str) -> Callable[[str, bool, Mapping[str, Any]], Json]:
    """A body whose answer is numbers, which nothing streams: each field holds the text, the last one a list of it."""

    def body(text: str, stream: bool, more: Mapping[str, Any]) -> Json:
        del stream
        texts = dict.fromkeys(fields, f"About {text}")
        return {"model": "m", **texts, fields[-1]: [f"About {text}", "and more"], **more}

    return body


def filled_plainly(field: str) -> Callable[[str, bool, Mapping[str, Any]], Json]:
    return lambda text, stream, more: {"model": "m", field: f"About {text}", **more}


FORMS = frozenset({"/v1/images/edits", "/v1/images/variations", "/v1/audio/transcriptions", "/v1/audio/translations"})
"""Their bodies hold media, which passes only where a policy names it: not under the policies that are compared here."""
SURFACES = (
    Compared("/v1/chat/completions", conversation, chat_answer, chat_events, (b"[DONE]",)),
    Compared("/v1/responses", response_input, response, response_events),
    Compared("/v1/completions", prompted, completion, completion_events, (b"[DONE]",)),
    Compared("/v1/images/generations", filled_plainly("prompt")),
    Compared("/v1/audio/speech", filled_plainly("input")),
    Compared("/v1/embeddings", filled("input")),
    Compared("/v1/rerank", filled("query", "documents")),
    Compared("/v1/score", filled("queries", "documents")),
    Compared("/v1/messages", conversation, message, message_events),
    Compared("/v1/messages/count_tokens", conversation),
)
