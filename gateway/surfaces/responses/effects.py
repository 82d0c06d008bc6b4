"""Whether a response, asked of an upstream, does nothing but make an answer.

By a list of what is known to be harmless, and only where the caller says that nothing is to be stored: a provider
stores every response else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.surfaces.responses.items import kind_of

HARMLESS = frozenset({"model", "input", "instructions", "stream", "stream_options", "store", "max_output_tokens"}) | {
    *("temperature", "top_p", "text", "reasoning", "truncation", "include", "top_logprobs", "user"),
    *("safety_identifier", "prompt_cache_key", "service_tier"),
}
"""Fields that only shape the answer, name the caller, or choose how fast it is served."""
TALK = frozenset({"message", "reasoning"})
"""A conversation with any other item belongs to an agent, though no tool is offered now."""


def without_effects(body: Mapping[str, Any]) -> bool:
    if body.get("store") is not False or not body.keys() <= HARMLESS:
        return False
    items = body.get("input")
    return isinstance(items, str) or all(kind_of(item, "input") in TALK for item in items or ())
