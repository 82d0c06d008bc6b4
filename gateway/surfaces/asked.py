"""What every surface reads alike of a request, and the query that it makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import BadRequest
from gateway.types import Arrival, Message, Query
from gateway.unscanned import Unscanned


def query_of(
    surface: str,
    raw: bytes,
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    arrival: Arrival,
    messages: tuple[Message, ...],
    *,
    model: str | None = None,
    stream: bool = False,
    tools: bool = False,
    conversation: str = "",
    history: tuple[Message, ...] = (),
    unscanned: tuple[Unscanned, ...] = (),
) -> Query:
    """The query with what is known of its arrival. `messages` are those that are judged; the model is the body's."""
    return Query(
        surface=surface,
        raw=raw,
        body=body,
        model=text_field(body, "model", "") if model is None else model,
        messages=messages,
        request_id=arrival.request_id,
        tenant=arrival.tenant,
        stream=stream,
        tools=tools,
        headers=headers,
        received=arrival.received,
        conversation=conversation,
        history=history,
        unscanned=unscanned,
    )


def text_field(body: Mapping[str, Any], key: str, default: str) -> str:
    value = body.get(key, default)
    if not isinstance(value, str):
        raise BadRequest(f"`{key}` must be a string", code="invalid_type", param=key)
    return value


def flag(body: Mapping[str, Any], key: str) -> bool:
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"`{key}` must be true or false", code="invalid_type", param=key)
    return bool(value)


def no_system_prompt(place: str) -> BadRequest:
    """A policy that wants one is not carried out by half."""
    told = f"the policy puts a system prompt before the query, and `{place}` has no place for one"
    return BadRequest(told, code="no_system_prompt")
