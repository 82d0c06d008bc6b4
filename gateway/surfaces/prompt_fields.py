"""The fields of a body beside those that its surface reads: what they may put into the prompt, or make the model say.

An application sets most of them, and they are switches and numbers; what is a text in one that is not trusted by name
is judged, since some server may read it to the model. A template is a program: what it will say is in no text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.surfaces.coverage import Cell
from gateway.surfaces.members import ID, says_something
from gateway.types import Message
from gateway.unscanned import Unscanned

READ_TO_NO_MODEL = frozenset({"metadata", "user", "safety_identifier", "prompt_cache_key", "stop", "logit_bias"}) | {
    "stop_sequences",
    "include",
}
"""What is kept or compared."""
TRUSTED = READ_TO_NO_MODEL | {"tools", "functions", "tool_choice", "function_call"}
"""And the application's own definitions."""
SCHEMAS = frozenset({"response_format"})
"""Trusted as tools are, but for the words that they force into the answer."""
FORCED = frozenset({"const", "enum", "pattern"})
TEMPLATES = frozenset({"chat_template"})
TOKENS = frozenset({"prompt_token_ids", "prompt_embeds", "input_ids", "input_embeds", "token_ids"})
PROMPTS = frozenset({"prompt", "input", "inputs"})
"""What other surfaces call the query."""
WHOLE = (
    PROMPTS
    | {
        "instructions",
        "system",
        "system_prompt",
        "preamble",
        "prefix",
        "suffix",
        "query",
        "text",
        "context",
        "template",
    }
    | {"chat_template_kwargs", "extra_body", "documents", "messages", "__proto__"}
)
"""In these every string is judged, a single word too."""


def other_fields(
    body: Mapping[str, Any], read: Collection[str], schemas: Collection[str] = SCHEMAS
) -> tuple[Message, ...]:
    """What is to be judged of the fields that are not `read` otherwise, as one message, or none. `schemas` are those
    that shape the answer.
    """
    found = [one for name, value in body.items() if name not in read for one in field_texts(name, value, schemas)]
    if isinstance(body.get("model"), str) and ID.fullmatch(body["model"]) is None:
        found.append(body["model"])
    texts = tuple(one for one in found if isinstance(one, str))
    unscanned = tuple(one for one in found if isinstance(one, Unscanned))
    return (Message("tool", texts, unscanned=unscanned),) if found else ()


def field_texts(name: str, value: object, schemas: Collection[str]) -> Iterator[str | Unscanned]:
    if says_something(name):
        yield name
    if name in schemas:
        for forced in forced_by(value):
            yield from texts(name, forced, at=name)
    elif name not in TRUSTED:
        yield from texts(name, value, at=name)


def texts(key: str, value: object, *, at: str) -> Iterator[str | Unscanned]:
    """Every text in a value that stands under this key, and what no guardian can see in it. At any depth."""
    waiting = [(key, value, key in WHOLE)]
    while waiting:
        key, value, whole = waiting.pop()
        if (unseen := unscannable(key.casefold(), value)) is not None:
            yield Unscanned(unseen, at, key)
        elif isinstance(value, str) and value and (whole or says_something(value)):
            yield value
        elif isinstance(value, dict):
            yield from filter(says_something, value)
            waiting += ((inner, each, whole or inner in WHOLE) for inner, each in value.items())
        elif isinstance(value, list):
            waiting += ((key, each, whole) for each in value)


def forced_by(schema: object) -> Iterator[object]:
    """What a schema holds under the keys by which it makes the model say something."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (each for key, each in value.items() if key in FORCED)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def unscannable(key: str, value: object) -> str | None:
    """The policies' name for what stands there, where no guardian can see it."""
    if key in TEMPLATES and value:
        return "chat_template"
    if key in TOKENS and value:
        return "tokens"
    numbers = isinstance(value, int | float) and not isinstance(value, bool)
    return "tokens" if key in PROMPTS and numbers else None


def other_cells(surface: str) -> Iterator[Cell]:
    """The coverage of these fields, on a surface where no other is trusted by name."""
    yield Cell(surface, "input", "text in any other field of the body", "judged")
    yield Cell(surface, "input", "`metadata`, `user`, `stop` and the like", "trusted")
    yield Cell(surface, "input", "number, switch or name in any other field of the body", "unscanned")
    yield Cell(surface, "input", "`chat_template`, at any depth", "refused", "chat_template")
