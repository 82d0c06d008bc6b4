"""What an upstream's answer says: every text in its choices, whatever field it stands in, so that none is passed over.

A stream's pieces are put together by the place that they stand in: choice, field, tool call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.surfaces.answer_json import answer_object, count_in
from gateway.surfaces.members import is_prose
from gateway.surfaces.surface import STREAMED, Added, Spot

NO_TEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "": frozenset({"id", "object", "created", "model", "system_fingerprint", "service_tier", "usage", "choices"})
        | {"prompt_filter_results"},
        "choices": frozenset({"index", "finish_reason", "stop_reason", "logprobs", "content_filter_results"}),
        "message": frozenset({"role"}),
        "delta": frozenset({"role"}),
        "tool_calls": frozenset({"id", "index", "type"}),
        "function": frozenset(),
        "function_call": frozenset(),
        "content": frozenset({"type", "index"}),
    }
)
"""By the field that an object stands in, its fields that hold no words of the model. (Log-probabilities repeat the
words one by one; a text in a choice that looks like no id is read, as some models write the ids of their calls.) Of an
object that stands elsewhere everything is read, the names of its fields too.
"""
FIELD = "name of a field"
STOP_WORD = "stop_reason"
"""vLLM's: the caller's own stop word."""
LEAD = 64
"""How many characters tokens may have more than the text beside them: control tokens have no text."""
DONE = b"[DONE]"


class ChatAnswer:
    """The texts of an answer, put together event by event. `feed` takes the data of one, and gives None when it cannot
    be read.
    """

    def __init__(self) -> None:
        self.pieces: dict[Spot, list[str]] = {}
        self.whole: set[tuple[Spot, str]] = set()
        self.lead: dict[str, int] = {}
        self.read = False

    def feed(self, data: bytes) -> Added | None:
        if data.strip() == DONE:
            return Added(last=True)
        body = answer_object(data)
        choices = body.get("choices") if body is not None else None
        if body is None or not isinstance(choices, list) or not has_places(choices):
            return None
        self.read = True
        found = [(place, text) for place, text in self.found(choices, body) if text]
        for place, text in found:
            self.pieces.setdefault(place, []).append(text)
        return Added(tuple(found), tuple(finished(choices)), tuple(self.ahead(choices, found)))

    def ahead(self, choices: list[Any], found: Sequence[tuple[Spot, str]]) -> Iterator[str]:
        for i, choice in enumerate(choices):
            tokens = tokens_of(choice) if isinstance(choice, dict) else []
            if not tokens:
                continue
            name = number(choice, i)
            came = sum(len(text) for place, text in found if place[:2] == (STREAMED, name))
            self.lead[name] = self.lead.get(name, 0) + sum(map(len, tokens)) - came
            if not came or self.lead[name] > LEAD:
                yield name

    def found(self, choices: list[Any], body: dict[str, Any]) -> Iterator[tuple[Spot, str]]:
        """Names of fields, and what stands beside the choices, come in every event and count once."""
        for place, text in leaves(choices, (STREAMED,)):
            if place[-1] != FIELD or self.first(place, text):
                yield place, text
        for place, text in leaves(body, ("",)):
            if self.first(place, text):
                yield place, text

    def first(self, place: Spot, text: str) -> bool:
        known = (place, text) in self.whole
        self.whole.add((place, text))
        return not known

    @property
    def texts(self) -> dict[Spot, str]:
        """By place, in the order in which they began."""
        for pieces in self.pieces.values():
            pieces[:] = ["".join(pieces)]
        return {place: pieces[0] for place, pieces in self.pieces.items()}


def finished(choices: list[Any]) -> Iterator[str]:
    """The choices that have a reason why they are finished, as their places name them."""
    for i, choice in enumerate(choices):
        if isinstance(choice, dict) and choice.get("finish_reason") is not None:
            yield number(choice, i)


def tokens_of(choice: Mapping[str, Any]) -> list[str]:
    """The tokens that it brings beside its text; of those that come as numbers nobody knows how long they are."""
    logprobs = choice.get("logprobs")
    fields = list(logprobs.values()) if isinstance(logprobs, dict) else [logprobs]
    items = [item for field in fields if isinstance(field, list) for item in field]
    said = [str(item.get("token", "")) if isinstance(item, dict) else str(item) for item in items]
    return said or [""] * bool(choice.get("token_ids"))


def leaves(value: Any, place: Spot, name: str = "") -> Iterator[tuple[Spot, str]]:
    """Every text below, with its place; `name` is the field that it stands in. A member of a list is known by its
    `index`, where it has one.
    """
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        dropped = NO_TEXT.get(name)
        for key, inner in value.items():
            if dropped is None:
                yield (*place, key, FIELD), key
            if dropped is None or key not in dropped or (name and key != STOP_WORD and is_prose(inner)):
                yield from leaves(inner, (*place, key), key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*place, number(inner, i)), name or place[-1])


def number(value: Any, otherwise: int) -> str:
    index = value.get("index") if isinstance(value, dict) else None
    return str(otherwise if index is None else index)


def has_places(choices: list[Any]) -> bool:
    """Some clients count an index below nought from the end: what goes there would be put together otherwise."""
    named = [*choices, *(call for choice in choices for call in calls(choice))]
    found = [one.get("index") for one in named if isinstance(one, dict)]
    return all(index is None or count_in(index) is not None for index in found)


def calls(choice: Any) -> list[Any]:
    delta = choice.get("delta") if isinstance(choice, dict) else None
    found = delta.get("tool_calls") if isinstance(delta, dict) else None
    return found if isinstance(found, list) else []
