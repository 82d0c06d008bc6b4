"""What an upstream says in an answer whose matter is media: a picture's revised prompt, a transcript in any format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.surfaces.answer import DONE
from gateway.surfaces.members import is_prose, prose_of
from gateway.surfaces.surface import STREAMED, Added, Spot

MEDIA = frozenset({"b64_json", "url", "audio"})
"""Fields that hold media or its address: of these only what has a blank in it is read."""
NAMES = frozenset({"id", "object", "type", "model", "background", "output_format", "quality", "size", "moderation"}) | {
    "language",
    "task",
    "speaker",
    "service_tier",
    "audio_format",
    "sequence_number",
}
"""Fields that hold one word: of these only what is none."""
REPEATS = frozenset({"logprobs"})
"""The words of a text once more, one by one."""


@dataclass(slots=True)
class MediaAnswer:
    """The texts of such an answer. `plain`: it may be text and no JSON, such as subtitles."""

    plain: bool = False
    read: bool = False
    pieces: dict[Spot, list[str]] = field(default_factory=dict)

    def feed(self, data: bytes) -> Added | None:
        if data.strip() == DONE:
            return Added(last=True)
        body = parsed(data)
        if isinstance(body, dict):
            found = tuple(self.found(body))
        elif self.plain and (text := decoded(data)) is not None:
            found = (((STREAMED, "0", "text"), text),)
        else:
            return None
        self.read = True
        for spot, text in found:
            self.pieces.setdefault(spot, []).append(text)
        return Added(found)

    def found(self, body: Mapping[str, Any]) -> Iterator[tuple[Spot, str]]:
        """The deltas of a stream are one text; what else an event says stands for itself."""
        if body.get("type") == "transcript.text.delta" and isinstance(body.get("delta"), str):
            yield (STREAMED, "0", "delta"), body["delta"]
            body = {key: value for key, value in body.items() if key != "delta"}
        yield from words_of(body, (str(len(self.pieces)),))

    @property
    def texts(self) -> dict[Spot, str]:
        return {spot: "".join(pieces) for spot, pieces in self.pieces.items()}


def words_of(value: object, spot: Spot) -> Iterator[tuple[Spot, str]]:
    """Every text below that is not media, the name of something, or a repetition."""
    name = next((step for step in reversed(spot) if not step.isdecimal()), "")
    if isinstance(value, str):
        yield from ((spot, text) for text in said(name, value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in REPEATS:
                yield from words_of(inner, (*spot, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from words_of(inner, (*spot, str(i)))


def said(name: str, text: str) -> Iterator[str]:
    if name in MEDIA:
        yield from prose_of(text)
    elif text and (name not in NAMES or is_prose(text)):
        yield text


def parsed(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def decoded(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
