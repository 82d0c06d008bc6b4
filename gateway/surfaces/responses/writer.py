"""The events of a streamed response: from its opening, or behind those of an upstream's that the client has got.

created, in_progress, output_item.added, content_part.added, output_text.delta ..., then each `done` from the inside
out, and completed or incomplete. Behind an upstream's events they bear its ids and go on with its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from gateway.surfaces.responses.following import follow
from gateway.surfaces.responses.response import ended, head, message, part, wants_no_text
from gateway.surfaces.responses.stream import Item, Part, Place, Stream
from gateway.surfaces.surface import Annotation
from gateway.types import Query

NAMES: Mapping[str, str] = MappingProxyType({"summary_text": "reasoning_summary_text"})
"""By a part's kind, how events about its text are called, where not like it."""


class ResponsesWriter:
    """`stream` is what the client has got, of the upstream's and of what was written here."""

    def __init__(self, query: Query, created: int, moderation: Annotation) -> None:
        self.query = query
        self.stream = Stream()
        self.begun = head(query, created, moderation)
        self.silent = wants_no_text(query)

    def follow(self, data: bytes) -> None:
        follow(self.stream, data)

    def opening(self) -> bytes:
        self.stream.head = self.begun
        created = self.event("response.created", response=self.begun)
        return created + self.event("response.in_progress", response=self.begun) + self.message_opened()

    def delta(self, text: str) -> bytes:
        """In the part that is open, if it is one for such words; else in a message of their own."""
        if self.stream.ended:
            return b""
        before = self.opened()
        found = self.speaking()
        if found is None:
            before += self.closed("incomplete") + self.message_opened()
            found = self.speaking()
        assert found is not None
        index, place = found
        one = self.stream.items[index].parts[place]
        one.pieces.append(text)
        more: dict[str, Any] = {"logprobs": []} if one.kind == "output_text" else {}
        return before + self.event(f"response.{one.kind}.delta", **self.at(index, place), delta=text, **more)

    def closing(self, finish_reason: str) -> bytes:
        if self.stream.ended:
            return b""
        written = self.opened() + self.closed("incomplete" if finish_reason == "content_filter" else "completed")
        assert self.stream.head is not None
        response = ended(self.stream.head, self.stream.output(), finish_reason)
        self.stream.ended = True
        return written + self.event(f"response.{response['status']}", response=response)

    def opened(self) -> bytes:
        """Nothing of a response may be said before it is opened."""
        return self.opening() if self.stream.head is None else b""

    def speaking(self) -> tuple[int, Place] | None:
        """Where JSON is wanted no words go into the middle of it."""
        return self.stream.speaking(("refusal",) if self.silent else ("output_text", "refusal"))

    def message_opened(self) -> bytes:
        """A message with an empty part."""
        index, place = max(self.stream.items, default=-1) + 1, ("content", 0)
        item = self.stream.items[index] = Item(message(self.query, [], "in_progress"))
        item.parts[place] = Part(part("", refusal=self.silent))
        added = self.event("response.output_item.added", output_index=index, item=item.fields)
        return added + self.event("response.content_part.added", **self.at(index, place), part=item.parts[place].value)

    def closed(self, status: str) -> bytes:
        """Every open item gets its end, from the inside out."""
        written = b""
        for index, item in self.stream.open_items():
            for place, one in item.parts.items():
                written += b"" if one.done else self.part_closed(index, place, one, status)
            item.close(status)
            written += self.event("response.output_item.done", output_index=index, item=item.fields)
        return written

    def part_closed(self, index: int, place: Place, one: Part, status: str) -> bytes:
        """A text that is half of a JSON is not told as done: a client would parse it."""
        written, at = b"", self.at(index, place)
        if not (self.silent and status == "incomplete" and one.kind == "output_text"):
            field = "refusal" if one.kind == "refusal" else "text"
            more: dict[str, Any] = {"logprobs": []} if one.kind == "output_text" else {}
            name = NAMES.get(one.kind, one.kind)
            written = self.event(f"response.{name}.done", **at, **{field: one.text}, **more)
        if one.announced:
            list_name = "content" if place[0] == "content" else "reasoning_summary"
            written += self.event(f"response.{list_name}_part.done", **at, part=one.value)
        return written

    def at(self, index: int, place: Place) -> dict[str, Any]:
        name = self.stream.items[index].name
        return {"item_id": name, "output_index": index, f"{place[0]}_index": place[1]}

    def event(self, kind: str, **fields: Any) -> bytes:
        data = {"type": kind, "sequence_number": self.stream.sequence, **fields}
        self.stream.sequence += 1
        return f"event: {kind}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
