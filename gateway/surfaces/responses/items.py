"""The items of `input`, by their types: who says each, and where in it texts and media stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal

from gateway.errors import BadRequest
from gateway.surfaces.members import other_texts, prose_of, refuse_lookalikes
from gateway.surfaces.responses.parts import content_of
from gateway.unscanned import Unscanned

Said = Literal["message", "reasoning", "call", "result"]
"""What an item is in a conversation: a turn of somebody's, or a piece of the model's turn and what came of it."""
ROLES = frozenset({"user", "assistant", "system", "developer"})


@dataclass(frozen=True, slots=True)
class Kind:
    """`content` are the fields with texts or parts, `media` those that no guardian can read, each with the name
    that policies have for it. `sealed` are those that a provider has encrypted for itself and wants back: a text only
    where they are written in words. All other fields are texts too, whatever they are called, but for ids and marks.
    """

    said: Said
    content: tuple[str, ...] = ()
    media: tuple[tuple[str, str], ...] = ()
    sealed: tuple[str, ...] = ()


CALL, RESULT = Kind("call"), Kind("result", ("output",))
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "message": Kind("message", ("content",)),
        "reasoning": Kind("reasoning", ("summary", "content"), sealed=("encrypted_content",)),
        "compaction": Kind("reasoning", (), (("encrypted_content", "hidden_reasoning"),)),
        "function_call": CALL,
        "function_call_output": RESULT,
        "custom_tool_call": CALL,
        "custom_tool_call_output": RESULT,
        "computer_call": CALL,
        "computer_call_output": RESULT,
        "file_search_call": CALL,
        "web_search_call": CALL,
        "code_interpreter_call": CALL,
        "image_generation_call": Kind("call", (), (("result", "image"),)),
        "mcp_call": CALL,
        "mcp_list_tools": Kind("result"),
        "mcp_approval_request": CALL,
        "mcp_approval_response": Kind("result"),
        "local_shell_call": CALL,
        "local_shell_call_output": RESULT,
        "shell_call": CALL,
        "shell_call_output": Kind("result"),
        "apply_patch_call": CALL,
        "apply_patch_call_output": RESULT,
        "tool_search_call": CALL,
        "tool_search_output": Kind("result"),
        "program": CALL,
        "program_output": Kind("result"),
        "additional_tools": Kind("message"),
        "configuration_update": Kind("result"),
        "compaction_trigger": Kind("result"),
        "item_reference": Kind("result", (), (("id", "stored_item"),)),
    }
)
"""Every type that is read. Whatever is not here is refused by its name."""
IDS = ("id", "call_id", "container_id", "approval_request_id", "created_by", "fingerprint", "role", "status", "phase")
"""Names and marks: a text only where it looks like none."""
FIELDS = frozenset({"content", "output", "summary", "encrypted_content", "result", "arguments", "input", "name"}) | {
    *("action", "actions", "operation", "code", "queries", "results", "outputs", "tools"),
    "type",
    *IDS,
}
"""What is read of an item, and no other may be taken for."""


def kind_of(item: object, at: str) -> str:
    """The type of an item. A message may come without one, and so may a reference to a stored item."""
    if not isinstance(item, dict):
        raise BadRequest(f"`{at}` must be an object", code="invalid_input", param=at)
    refuse_lookalikes(item, FIELDS, at)
    told = item.get("type")
    kind = told if told is not None else "message" if "role" in item else "item_reference" if "id" in item else ""
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadRequest(
            f"`{at}` has the unknown type `{kind}`, which cannot be judged: leave it out",
            code="unknown_item",
            param=at,
        )
    return kind


def role_of(item: Mapping[str, Any], at: str) -> str:
    role = item.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise BadRequest(
            f"`{at}.role` is {role!r}, which cannot be judged: send one of {known}", code="unknown_role", param=at
        )
    return role


def content_texts(item: Mapping[str, Any], kind: Kind, at: str) -> Iterator[str | Unscanned]:
    """The texts of an item's content, and what of it no guardian can see."""
    for name in kind.content:
        yield from content_of(item.get(name), f"{at}.{name}")
    for name, unscanned in kind.media:
        if item.get(name):
            yield Unscanned(unscanned, f"{at}.{name}", unscanned)
            yield from prose_of(item[name])
    for name in kind.sealed:
        yield from prose_of(item.get(name))


def further_texts(item: Mapping[str, Any], kind: Kind, at: str) -> Iterator[str | Unscanned]:
    """What stands in all other fields, the pictures that a code interpreter has drawn among them."""
    yield from other_texts(item, {"type", *kind.content, *(name for name, _ in kind.media), *kind.sealed}, IDS)
    yield from chain.from_iterable(drawn(one, at) for one in listed(item.get("outputs")))


def drawn(output: object, at: str) -> Iterator[Unscanned]:
    if isinstance(output, dict) and output.get("type") == "image":
        yield Unscanned("image", f"{at}.outputs", "image")


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
