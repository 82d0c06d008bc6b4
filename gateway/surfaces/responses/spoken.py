"""Every text in a piece of an upstream's response, whatever field it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.surfaces.members import is_prose, prose_of, text_of
from gateway.surfaces.responses.response import ECHOED

NAMES = frozenset(
    {"id", "object", "type", "status", "role", "phase", "item_id", "call_id", "container_id", "file_id"}
) | {
    *("created_by", "approval_request_id", "fingerprint", "obfuscation", "format", "detail", "reason", "execution"),
    *("output_format", "background", "quality", "size"),
}
"""Fields with names and marks: a text only where it looks like none."""
BLOBS = frozenset({"encrypted_content", "result", "partial_image_b64", "data", "image_url"})
"""Fields with bytes that nobody reads: a text only where it is written in words."""
OBJECTS = frozenset({"arguments", "action", "actions", "operation", "attributes", "env"})
"""Fields whose objects the model has written, the names of their members too."""
ECHOES = frozenset(ECHOED) | {
    "usage",
    "prompt_cache_key",
    "prompt_cache_retention",
    "moderation",
    "conversation",
    "input_messages",
}
"""Fields of a response object that say again what the caller has sent, or count."""
ANSWERED = frozenset({"output", "output_text", "error"})
LOGPROBS = "logprobs"
"""They repeat the words one by one."""


def response_texts(response: Mapping[str, Any]) -> Iterator[str]:
    """The texts of a response object: its output, and whatever looks like a text beside it."""
    for name, value in response.items():
        if name in ANSWERED:
            yield from texts_of(value, name)
        elif name not in ECHOES:
            yield from (text for text in texts_of(value, name) if is_prose(text))


def texts_of(value: object, name: str) -> Iterator[str]:
    """The texts of what stands in a field of this name."""
    if isinstance(value, str):
        yield from prose_of(value) if name in BLOBS else (value,) if name not in NAMES or is_prose(value) else ()
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner, name)
    elif isinstance(value, dict) and name in OBJECTS:
        yield text_of(value)
    elif isinstance(value, dict):
        yield from (key for key in value if is_prose(key))
        for key, inner in value.items():
            if key != LOGPROBS:
                yield from texts_of(inner, key)


def overhang(value: object) -> int:
    """By how many characters the tokens that stand beside a text, anywhere in this, are more than it."""
    if isinstance(value, list):
        return max(map(overhang, value), default=0)
    if not isinstance(value, dict):
        return 0
    text = next((value[name] for name in ("delta", "text", "refusal") if isinstance(value.get(name), str)), "")
    return max(tokens(value.get(LOGPROBS)) - len(text), *map(overhang, value.values()), 0)


def tokens(logprobs: object) -> int:
    said = [one.get("token", "") for one in logprobs if isinstance(one, dict)] if isinstance(logprobs, list) else []
    return sum(len(str(token)) for token in said)
