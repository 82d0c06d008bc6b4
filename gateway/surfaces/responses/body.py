"""What the body of a request holds beside its items: instructions, references to what is stored, a stored prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gateway.errors import BadRequest
from gateway.surfaces.members import other_texts, prose_of, refuse_lookalikes, text_of
from gateway.surfaces.responses.parts import content_of
from gateway.types import Message
from gateway.unscanned import Unscanned

STORED: Mapping[str, str] = MappingProxyType(
    {"previous_response_id": "previous_response", "conversation": "previous_response"}
)
"""Fields that name what the provider has stored, by the name that policies have for it."""
OTHER_TEXTS = ("messages", "previous_input_messages", "input_messages", "documents", "prediction")
"""Fields that are none of this surface's own. Some server may yet read a conversation in them: they are judged."""
FIELDS = frozenset({"input", "instructions", "model", "stream", "store", "tools", "prompt", "background"}) | {
    *STORED,
    *OTHER_TEXTS,
}
"""What is read of the body, and no other may be taken for."""

SCHEMAS = frozenset({"text"})
"""What shapes the answer."""


def instructions(body: Mapping[str, Any]) -> tuple[Message, ...]:
    """The application's own words, as a system prompt is."""
    value = body.get("instructions")
    if value is not None and not isinstance(value, str):
        raise BadRequest("`instructions` must be a string", code="invalid_type", param="instructions")
    return (Message("developer", (value,)),) if value else ()


def beside(body: Mapping[str, Any]) -> tuple[Message, ...]:
    """What is judged of the body whatever the turns are, and what of it no guardian can see."""
    found = [one for one in (*stored(body), *prompt(body.get("prompt"))) if one]
    found += [text for name in OTHER_TEXTS if (text := text_of(body.get(name)))]
    texts = tuple(one for one in found if isinstance(one, str))
    return (Message("user", texts, 0, tuple(one for one in found if isinstance(one, Unscanned))),) if found else ()


def stored(body: Mapping[str, Any]) -> Iterator[str | Unscanned]:
    for name, unscanned in STORED.items():
        if body.get(name):
            yield Unscanned(unscanned, name, unscanned)
            yield from prose_of(body[name])
    if body.get("background"):
        yield Unscanned("background", "background", "true")


def prompt(value: object) -> Iterator[str | Unscanned]:
    """A prompt that is stored, and the variables that the caller puts into it. A text is one of the caller's."""
    if isinstance(value, dict):
        refuse_lookalikes(value, {"id", "version", "variables"}, "prompt")
        yield Unscanned("stored_prompt", "prompt", "stored_prompt")
        yield from variables(value.get("variables"))
        yield from other_texts(value, {"variables"}, ids=("id", "version"))
    else:
        yield text_of(value)


def variables(value: object) -> Iterator[str | Unscanned]:
    if not isinstance(value, dict):
        yield text_of(value)
        return
    for name, one in value.items():
        yield from prose_of(name)
        yield from content_of(one, f"prompt.variables.{name}")
