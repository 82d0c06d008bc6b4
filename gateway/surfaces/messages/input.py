"""Turns of a Messages request as turns of a conversation: what was said, called and returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.errors import BadRequest
from gateway.surfaces.members import other_texts, refuse_lookalikes
from gateway.surfaces.messages.blocks import CALLS, RESULTS, Found, block_texts, blocks
from gateway.types import Message
from gateway.unscanned import Unscanned

ROLES = frozenset({"user", "assistant", "system"})
TURN_FIELDS = frozenset({"role", "content"})


def read_system(value: object) -> tuple[Message, ...]:
    """The system prompt: trusted, but what no guardian can see is found in it too."""
    if value is None:
        return ()
    found = [one for block in blocks(value, "system") for one in block_texts(block, "system")]
    return (turn("system", found, ()),)


def read_turns(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise BadRequest(
            "`messages` must be a list with at least one message", code="invalid_messages", param="messages"
        )
    return tuple(one for i, item in enumerate(value) for one in read_turn(item, f"messages[{i}]"))


def read_turn(item: object, at: str) -> Iterator[Message]:
    """One turn; of a user's turn, what tools have returned is a turn of its own."""
    if not isinstance(item, dict):
        raise BadRequest(f"`{at}` must be an object", code="invalid_messages", param=at)
    refuse_lookalikes(item, TURN_FIELDS, at)
    role = item.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise BadRequest(
            f"`{at}.role` is {role!r}, which cannot be judged: send one of {known}", code="unknown_role", param=at
        )
    said: list[Found] = []
    returned: list[Found] = []
    called: list[Found] = []
    for i, block in enumerate(blocks(item.get("content"), f"{at}.content")):
        kind = str(block.get("type"))
        apart, kinds = (called, CALLS) if role == "assistant" else (returned, RESULTS)
        place = apart if kind in kinds else said
        place.extend(block_texts(block, f"{at}.content[{i}]"))
    said.extend(other_texts(item, TURN_FIELDS, ids=("id",)))
    if returned:
        yield turn("tool", returned, ())
    if said or called or not returned:
        yield turn(role, said, called)


def turn(role: str, said: list[Found], called: list[Found] | tuple[()]) -> Message:
    calls = tuple(one for one in called if isinstance(one, str) and one)
    texts = tuple(one for one in said if isinstance(one, str) and one)
    unscanned = tuple(one for one in (*said, *called) if isinstance(one, Unscanned))
    return Message(role, (*texts, *calls), len(calls), unscanned)


def user_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who asks, in the field where the chat surface has it."""
    metadata = body.get("metadata")
    return {"user": metadata.get("user_id")} if isinstance(metadata, dict) else {}
