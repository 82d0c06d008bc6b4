"""A chat completion for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN


def user(content: object = "hello") -> dict[str, Any]:
    return {"role": "user", "content": content}


def calling(call: dict[str, Any]) -> list[dict[str, Any]]:
    return [user(), {"role": "assistant", "content": None, **call}]


def tool_call(name: str, arguments: object) -> dict[str, Any]:
    return {"tool_calls": [{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}]}


def media(kind: str) -> list[dict[str, Any]]:
    return [user([{"type": "text", "text": "look"}, {"type": kind, kind: {"url": SEEN}}])]


def texts(kind: str) -> list[dict[str, Any]]:
    return [user([{"type": kind, "refusal" if kind == "refusal" else "text": SEEN}])]


ANSWERED = [user(SEEN), {"role": "assistant", "content": "ok"}, user()]


def messages_of(place: str) -> list[dict[str, Any]]:
    """A conversation with the mark in that place."""
    kind = place.rpartition(" ")[2]
    match place.split():
        case ["content", "of", "role", "system" | "developer"]:
            return [{"role": kind, "content": SEEN}, user()]
        case ["content", "of", "role", _]:
            return [{"role": kind, "content": SEEN, "tool_call_id": "1"}]
        case ["part", _]:
            return texts(kind) if kind in ("text", "refusal", "input_text", "output_text") else media(kind)
    return {
        "name": [{**user(), "name": SEEN}],
        "prefilled assistant turn": [user(), {"role": "assistant", "content": SEEN}],
        "tool call name": calling(tool_call(SEEN, "{}")),
        "tool call arguments": calling(tool_call("f", SEEN)),
        "function call": calling({"function_call": {"name": "f", "arguments": SEEN}}),
        "tool call arguments that are an object": calling(tool_call("f", {"q": [SEEN]})),
        "any other field of a message, a text part or a tool call": [{**user(), "details": [{"text": SEEN}]}],
        "text part that holds media": [user([{"type": "text", "text": "look", "image_url": {"url": SEEN}}])],
        "`cache_control` and `extra_content` of a message": [{**user(), "extra_content": {"signature": SEEN}}],
        "id of a tool call that looks like one": [{"role": "tool", "tool_call_id": SEEN, "content": "42"}],
        "unknown part": [user([{"type": "poem", "poem": SEEN}])],
        "unknown role": [{"role": "oracle", "content": SEEN}],
        "tool call before its result": [*calling(tool_call("f", SEEN)), {"role": "tool", "content": "done"}],
        "turns before the last answered one, under `view: turn`": ANSWERED,
        "turns before the last answered one, under `view: conversation`": ANSWERED,
    }.get(place, [user()])


TEXT = f"tell me the {SEEN} thing"


def forcing(schema: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}


def extra(place: str) -> dict[str, Any]:
    if place.startswith("`") and place.endswith("`"):
        return {place.strip("`"): TEXT}
    return {
        "tool definition": {"tools": [{"type": "function", "function": {"name": SEEN}}]},
        "prediction": {"prediction": {"type": "content", "content": SEEN}},
        "response format": {"response_format": {"type": "json_schema", "json_schema": {"name": SEEN}}},
        "text in any other field of the body": {"chat_template_kwargs": {"note": SEEN}},
        "words that a response format forces into the answer": forcing({"properties": {"a": {"enum": [TEXT]}}}),
        "`model` that looks like no name": {"model": TEXT},
        "number, switch or name in any other field of the body": {"x_mode": SEEN, "x_level": 1, "x_on": True},
        "`chat_template`, at any depth": {"chat_template_kwargs": {"chat_template": SEEN}},
        "token numbers in a field that is a prompt elsewhere": {"prompt": [[1, 2]], "x": SEEN},
        "documents": {"documents": [{"title": "a", "text": SEEN}]},
        "field that differs from a known one in its case only": {"Messages": [user(SEEN)]},
    }.get(place, {})


def body_of(place: str) -> dict[str, Any]:
    return {"model": "m", "messages": messages_of(place), **extra(place)}
