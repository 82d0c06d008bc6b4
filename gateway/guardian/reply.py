"""What an OpenAI-compatible server streams back, read into a Completion: vLLM and llama.cpp, chat and completions
alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gateway.guardian.family import Completion, Token

DONE = b"[DONE]"


class MalformedReply(ValueError):
    """An event that no OpenAI-compatible server sends. Its message never quotes the event."""


class Reply:
    """The completion so far, after the text that it was begun with. `feed` takes the data of one event."""

    def __init__(self, begun: str = "", about: str = "") -> None:
        self.text = begun
        self.about = about
        self.tokens: list[Token] = []
        self.finished = False

    @property
    def completion(self) -> Completion:
        return Completion(self.text, tuple(self.tokens), self.finished, self.about)

    def feed(self, data: bytes) -> str:
        """The text that this event adds."""
        if data == DONE:
            self.finished = True
            return ""
        try:
            event = orjson.loads(data)
            added = self.add(event)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, IndexError):
            raise MalformedReply("an event that is not an OpenAI completion chunk") from None
        self.text += added
        return added

    def add(self, event: dict[str, Any]) -> str:
        if event.get("error") is not None:
            raise MalformedReply("an error event")
        if not event["choices"]:
            return ""
        choice = event["choices"][0]
        self.tokens.extend(tokens(choice.get("logprobs") or {}))
        self.finished = self.finished or choice.get("finish_reason") is not None
        text = choice["text"] if "text" in choice else choice["delta"].get("content")
        return text or ""


def tokens(logprobs: Mapping[str, Any]) -> Iterator[Token]:
    """Both shapes: `content` (OpenAI chat; llama.cpp everywhere) and the parallel lists of completions in vLLM."""
    if logprobs.get("content") is not None:
        for item in logprobs["content"]:
            yield Token(item["token"], {t["token"]: t["logprob"] for t in item["top_logprobs"]})
        return
    for text, top in zip(logprobs.get("tokens") or (), logprobs.get("top_logprobs") or (), strict=False):
        yield Token(text, dict(top or {}))
