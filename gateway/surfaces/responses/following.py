"""Keeps a Stream in step with the events of an upstream that the client has got."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.surfaces.answer_json import answer_object
from gateway.surfaces.responses.stream import Item, Part, Place, Stream, number

Event = Mapping[str, Any]
LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})


def follow(stream: Stream, data: bytes) -> None:
    """An event that cannot be read, or is not known, changes nothing but the sequence."""
    event = answer_object(data)
    if event is None:
        return
    stream.sequence = max(stream.sequence, number(event, "sequence_number") + 1)
    kind = str(event.get("type"))
    stream.ended = stream.ended or kind in LAST
    step = STEPS.get(kind)
    if step is not None:
        step(stream, event)


def opened(stream: Stream, event: Event) -> None:
    response = event.get("response")
    if isinstance(response, dict):
        stream.head = {**response, "output": []}


def item_added(stream: Stream, event: Event) -> None:
    item = event.get("item")
    if isinstance(item, dict):
        stream.items[number(event, "output_index")] = Item(item)


def item_done(stream: Stream, event: Event) -> None:
    item = event.get("item")
    if isinstance(item, dict):
        stream.items[number(event, "output_index")] = Item(item, done=True)


def part_added(stream: Stream, event: Event) -> None:
    item, place, part = stream.items.get(number(event, "output_index")), place_of(event), event.get("part")
    if item is not None and isinstance(part, dict):
        text = part.get("refusal" if part.get("type") == "refusal" else "text")
        item.parts[place] = Part(part, [text] if isinstance(text, str) else [])


def part_done(stream: Stream, event: Event) -> None:
    part_added(stream, event)
    item = stream.items.get(number(event, "output_index"))
    if item is not None and place_of(event) in item.parts:
        item.parts[place_of(event)].done = True


def text_added(stream: Stream, event: Event) -> None:
    item, delta = stream.items.get(number(event, "output_index")), event.get("delta")
    if item is None or not isinstance(delta, str):
        return
    part = item.parts.setdefault(place_of(event), Part({"type": PART_OF[str(event["type"])]}, announced=False))
    part.pieces.append(delta)


def place_of(event: Event) -> Place:
    if "summary_index" in event:
        return "summary", number(event, "summary_index")
    return "content", number(event, "content_index")


PART_OF: Mapping[str, str] = MappingProxyType(
    {
        "response.output_text.delta": "output_text",
        "response.refusal.delta": "refusal",
        "response.reasoning_text.delta": "reasoning_text",
        "response.reasoning_summary_text.delta": "summary_text",
    }
)
STEPS: Mapping[str, Callable[[Stream, Event], None]] = MappingProxyType(
    {
        "response.created": opened,
        "response.in_progress": opened,
        "response.queued": opened,
        "response.output_item.added": item_added,
        "response.output_item.done": item_done,
        "response.content_part.added": part_added,
        "response.content_part.done": part_done,
        "response.reasoning_summary_part.added": part_added,
        "response.reasoning_summary_part.done": part_done,
        **dict.fromkeys(PART_OF, text_added),
    }
)
