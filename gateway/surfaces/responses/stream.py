"""What a client has got of a streamed response: its items and their parts, as far as they have come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.surfaces.answer_json import count_in

CLOSED_BY_US = frozenset({"message", "reasoning"})
"""A call that has no end yet gets none, and has no place in the output: nobody is to act on a half of it."""
Place = tuple[str, int]
"""Where a part stands in its item: in which of its lists, and as which."""


@dataclass(slots=True)
class Part:
    """One part of an item, open or done. Its text is kept in pieces."""

    fields: dict[str, Any]
    pieces: list[str] = field(default_factory=list)
    done: bool = False
    announced: bool = True
    """Whether an event said that it begins, so that one is to say that it ends."""

    @property
    def kind(self) -> str:
        return str(self.fields.get("type"))

    @property
    def text(self) -> str:
        self.pieces[:] = ["".join(self.pieces)]
        return self.pieces[0]

    @property
    def value(self) -> dict[str, Any]:
        return {**self.fields, "refusal" if self.kind == "refusal" else "text": self.text}


@dataclass(slots=True)
class Item:
    """One item of the output: its fields, and its parts by where they stand in it."""

    fields: dict[str, Any]
    parts: dict[Place, Part] = field(default_factory=dict)
    done: bool = False

    @property
    def kind(self) -> str:
        return str(self.fields.get("type"))

    @property
    def name(self) -> str:
        return str(self.fields.get("id", ""))

    def close(self, status: str) -> None:
        """The item as it is with what has come of its parts."""
        lists: dict[str, list[dict[str, Any]]] = {}
        for (name, _), part in sorted(self.parts.items(), key=lambda one: one[0]):
            lists.setdefault(name, []).append(part.value)
        self.fields = {**self.fields, **lists, "status": status}
        self.done = True


@dataclass(slots=True)
class Stream:
    """`head` is the response as it was opened; None: nothing has been said of it."""

    head: dict[str, Any] | None = None
    items: dict[int, Item] = field(default_factory=dict)
    sequence: int = 0
    ended: bool = False

    def output(self) -> list[dict[str, Any]]:
        """The items that are done."""
        return [item.fields for _, item in sorted(self.items.items()) if item.done]

    def open_items(self) -> list[tuple[int, Item]]:
        """Those that can be closed where they stand."""
        return [(i, item) for i, item in sorted(self.items.items()) if not item.done and item.kind in CLOSED_BY_US]

    def speaking(self, kinds: Collection[str]) -> tuple[int, Place] | None:
        """The item and the part that a text can go on in: the last of an open message, if it is of these kinds."""
        for index, item in reversed(self.open_items()):
            place = max(item.parts, default=None)
            if item.kind == "message" and place is not None and not item.parts[place].done:
                return (index, place) if item.parts[place].kind in kinds else None
        return None


def number(event: Mapping[str, Any], name: str) -> int:
    return count_in(event.get(name)) or 0
