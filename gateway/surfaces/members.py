"""Members of a request's objects as other readers may take them: names that differ in their case only, and values that
are no strings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from gateway.errors import BadRequest

ID = re.compile(r"[\w.:/-]{0,64}", re.ASCII)
"""What a call's id looks like. What does not may be a text, and some chat templates write it into the prompt."""
WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,}(?![^\W_])")
LONGEST_NAME = 64
MANY = 4
"""So many words are no id and no name, whatever stands between them."""
TEXT = re.compile(r"[^\W\d_]{2,}[^\w./:-]+[^\W\d_]{2,}|(?:(?![A-Za-z])[^\W\d_]){2}|\S{65}")
"""Two words with more between them than a name has, two letters that are not ours, or what is longer than a name."""

WORDS = re.compile(r"\s|[^\x00-\x7f]")
"""What no data and no address is written with: a blank, or a sign of a script that does without blanks."""


def refuse_lookalikes(item: Mapping[str, Any], names: Collection[str], at: str) -> None:
    """Some readers of JSON, Go's among them, take `Messages` for `messages`: such a one would see another body."""
    for key in item:
        if key not in names and key.casefold() in names:
            raise BadRequest(
                f"`{at}` has the key `{key}`, which some upstreams take for `{key.casefold()}`: write it so",
                code="ambiguous_key",
                param=at,
            )


def other_texts(item: Mapping[str, Any], known: Collection[str], ids: Collection[str]) -> Iterator[str]:
    """What stands in all members but the `known` ones, whatever they are called, and in `ids` that are none."""
    for key, value in item.items():
        if key not in known and not (key in ids and is_id(value)):
            yield text_of(value)


def is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None and not has_many_words(value)


def is_prose(value: object) -> bool:
    """Whether it is a text that no id and no name looks like."""
    return isinstance(value, str) and ID.fullmatch(value) is None


def says_something(text: str) -> bool:
    """Whether it is a text rather than a name, a number or one of several values to choose from."""
    return not is_name(text) and (TEXT.search(text) is not None or has_many_words(text))


def is_name(text: str) -> bool:
    """Whether it is plainly a name, as nearly all fields are: it takes no expression to see that."""
    few = len(text) <= LONGEST_NAME and text.count("_") < MANY - 1
    return few and text.isascii() and text.replace("_", "").isalnum()


def has_many_words(text: str) -> bool:
    return len([*islice(WORD.finditer(text), MANY)]) == MANY


def prose_of(value: object) -> Iterator[str]:
    """Every text in a piece of media that is not its data, its address or its id."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str) and WORDS.search(inner):
            yield inner
        elif isinstance(inner, dict):
            waiting += (*inner.values(), *inner)
        elif isinstance(inner, list):
            waiting += inner


def text_of(value: object) -> str:
    """A string as it is, an object or a list as its JSON; numbers and truth values say nothing."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode() if value and isinstance(value, dict | list) else ""
    except orjson.JSONEncodeError:
        raise BadRequest("the body is nested too deeply: send a flatter one", code="invalid_json") from None
