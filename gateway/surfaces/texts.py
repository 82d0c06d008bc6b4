"""Texts that a body gives outside of a conversation: a prompt, an input, a query with its documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.errors import BadRequest
from gateway.surfaces.conversation import MEDIA_FIELDS, content_texts
from gateway.surfaces.members import other_texts, text_of
from gateway.types import Message
from gateway.unscanned import Unscanned

Found = str | Unscanned
HOLDERS = MEDIA_FIELDS | {"multimodal_data", "multi_modal_data", "image_data", "images"}
"""Fields with media of a prompt that is an object, as llama.cpp and others take them."""


def read_texts(value: object, at: str) -> tuple[Message, ...]:
    """Each text as a turn of its own, since each goes to the model by itself."""
    values = value if isinstance(value, list) and not numbers(value) else [value]
    turns = (turn([*found(one, at if one is value else f"{at}[{i}]")]) for i, one in enumerate(values))
    return tuple(one for one in turns if one.texts or one.unscanned)


def found(value: object, at: str) -> Iterator[Found]:
    """A string; token numbers, which no guardian can read; or an object with parts of content."""
    if value is None:
        return
    if isinstance(value, str):
        yield value
    elif numbers(value):
        yield Unscanned("tokens", at, "token numbers")
    elif isinstance(value, dict):
        if held := sorted(HOLDERS & value.keys()):
            yield Unscanned("image", at, held[0])
        yield from content_texts(value.get("content"), f"{at}.content")
        yield from other_texts(value, {"content"}, ids=("id",))
    else:
        raise BadRequest(
            f"`{at}` must be a string, or a list of strings or of token numbers", code="invalid_type", param=at
        )


def numbers(value: object) -> bool:
    """Whether it is a list of numbers, or of lists of them."""
    return isinstance(value, list) and bool(value) and all(type(one) in (int, float) or numbers(one) for one in value)


def turn(said: list[Found]) -> Message:
    texts = tuple(one for one in said if isinstance(one, str) and one)
    return Message("user", texts, unscanned=tuple(one for one in said if isinstance(one, Unscanned)))


def stray(body: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Message, ...]:
    """What stands in fields of other surfaces, which an upstream may take all the same."""
    return tuple(Message("user", (text,)) for name in names if (text := text_of(body.get(name))))


def something(turns: tuple[Message, ...], field: str) -> tuple[Message, ...]:
    """The turns, if there are any: a request without a text is no query."""
    if not turns:
        raise BadRequest(f"`{field}` must hold a text", code="invalid_input", param=field)
    return turns
