"""Whether a chat completion, asked of an upstream, does nothing but make an answer.

By a list of what is known to be harmless: a field that is not on it may store, search, call, bill or speak somewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HARMLESS = (
    frozenset({"model", "messages", "prediction", "n", "stream", "stream_options", "response_format"})
    | {"max_tokens", "max_completion_tokens", "stop", "seed", "reasoning_effort", "verbosity"}
    | {"temperature", "top_p", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs"}
    | {"user", "safety_identifier", "prompt_cache_key", "service_tier"}
    | {"top_k", "min_p", "repetition_penalty", "min_tokens", "stop_token_ids", "ignore_eos"}
)
"""Fields that only shape the answer, name the caller, or choose how fast it is served. The last line is vLLM's own."""
AGENT_ROLES = frozenset({"tool", "function"})
AGENT_FIELDS = ("tool_calls", "function_call")


def without_effects(body: Mapping[str, Any]) -> bool:
    """A conversation in which tools were called belongs to an agent, though none is offered now: it has effects."""
    return body.keys() <= HARMLESS and not any(map(of_agent, body["messages"]))


def of_agent(message: Mapping[str, Any]) -> bool:
    return message.get("role") in AGENT_ROLES or any(message.get(field) for field in AGENT_FIELDS)
