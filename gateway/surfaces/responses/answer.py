"""What an upstream's response says, put together event by event.

A stream says each text twice and more: piece by piece, then as a whole in each `done` and at the end. A whole that was
put together from pieces adds nothing; one that differs is a text of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.surfaces.answer import DONE, FIELD, LEAD
from gateway.surfaces.answer_json import answer_object, count_in
from gateway.surfaces.members import is_prose, prose_of
from gateway.surfaces.responses.following import LAST
from gateway.surfaces.responses.spoken import overhang, response_texts, texts_of, tokens
from gateway.surfaces.responses.stream import number
from gateway.surfaces.surface import STREAMED, Added, Spot

WHOLE = "whole"
ELSEWHERE = frozenset({"delta", "response", "logprobs"})
SOUND = "response.audio.delta"
"""Its delta is sound, by its bytes."""
INDEXES = ("content_index", "summary_index", "command_index", "annotation_index")
"""Where in its item a piece goes. The item's id says nothing: some servers make a new one for every event."""


class ResponsesAnswer:
    """A choice is an item of the output. What comes whole stands beside all of them."""

    def __init__(self) -> None:
        self.pieces: dict[Spot, list[str]] = {}
        self.whole: set[str] = set()
        self.lead: dict[str, int] = {}
        self.read = False

    def feed(self, data: bytes) -> Added | None:
        if data.strip() == DONE:
            return Added(last=True)
        body = answer_object(data)
        if body is None:
            return None
        kind = body.get("type")
        if isinstance(kind, str):
            self.read = True
            return self.event(body, kind) if has_place(body) else None
        if not isinstance(body.get("output"), list):
            return None
        self.read = True
        return Added(tuple(self.wholes(response_texts(body))))

    def event(self, event: Mapping[str, Any], kind: str) -> Added:
        choice = choice_of(event, kind)
        found = list(self.streamed(event, kind, choice))
        response = event.get("response")
        texts = response_texts(response) if isinstance(response, dict) else texts_of(response, "response")
        others = [text for name, value in event.items() if name not in ELSEWHERE for text in texts_of(value, name)]
        found += self.wholes([*others, *texts])
        finished = (choice,) if kind == "response.output_item.done" else ()
        return Added(tuple(found), finished, tuple(self.ahead(event, choice, found)), kind in LAST)

    def streamed(self, event: Mapping[str, Any], kind: str, choice: str) -> Iterator[tuple[Spot, str]]:
        """The pieces of a delta, each behind those before it in the same place."""
        indexes = tuple(str(number(event, name)) for name in INDEXES)
        for path, text in leaves(event.get("delta"), (STREAMED, choice, kind, *indexes)):
            for said in prose_of(text) if kind == SOUND else (text,) if text else ():
                self.pieces.setdefault(path, []).append(said)
                yield path, said

    def wholes(self, texts: Iterable[str]) -> Iterator[tuple[Spot, str]]:
        """Of texts that come whole, those that nothing so far has said."""
        fresh = [text for text in texts if text and text not in self.whole]
        said = self.texts.values() if fresh else ()
        for text in dict.fromkeys(fresh):
            self.whole.add(text)
            if text not in said:
                spot = (WHOLE, str(len(self.whole)))
                self.pieces[spot] = [text]
                yield spot, text

    def ahead(self, event: Mapping[str, Any], choice: str, found: Iterable[tuple[Spot, str]]) -> Iterator[str]:
        """The item, where more tokens of it have come than text, as log-probabilities."""
        if "delta" not in event:
            if overhang(event) > LEAD:
                yield choice
            return
        more = tokens(event.get("logprobs"))
        came = sum(len(text) for spot, text in found if spot[0] == STREAMED)
        self.lead[choice] = self.lead.get(choice, 0) + more - came
        if more and (not came or self.lead[choice] > LEAD):
            yield choice

    @property
    def texts(self) -> dict[Spot, str]:
        """By place, in the order in which they began."""
        for pieces in self.pieces.values():
            pieces[:] = ["".join(pieces)]
        return {place: pieces[0] for place, pieces in self.pieces.items()}


def choice_of(event: Mapping[str, Any], kind: str) -> str:
    """The name of the item that an event is about: the first, if a piece comes without one; of any other event that
    names none, its kind.
    """
    return str(number(event, "output_index")) if "output_index" in event or "delta" in event else kind


def has_place(event: Mapping[str, Any]) -> bool:
    """Some clients count an index below nought from the end: what goes there would be put together otherwise."""
    found = (event.get(name) for name in ("output_index", *INDEXES))
    return all(index is None or count_in(index) is not None for index in found)


def leaves(value: object, path: Spot) -> Iterator[tuple[Spot, str]]:
    """Every text below, with its place. Of a delta that is an object every field is read."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (((*path, key, FIELD), key) for _ in range(is_prose(key)))
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*path, str(i)))
