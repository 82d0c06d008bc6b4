"""The one reader of chat messages: every text that a turn bears, whatever its kind. What it does not know, it
refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from gateway.errors import BadRequest
from gateway.surfaces.members import other_texts, prose_of, refuse_lookalikes, text_of
from gateway.types import Message
from gateway.unscanned import Unscanned

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
TRUSTED = frozenset({"system", "developer"})
TEXT_PARTS = {"text": "text", "refusal": "refusal", "input_text": "text", "output_text": "text"}
MEDIA_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "image_url": "image",
        "input_audio": "audio",
        "file": "file",
        "video_url": "video",
        "audio_url": "audio",
        "input_image": "image",
        "input_file": "file",
    }
)
"""What no guardian can see, by the name that policies have for it."""
TURN_FIELDS = frozenset({"role", "content", "tool_calls", "function_call"})
MEDIA_FIELDS = MEDIA_PARTS.keys() | {"image", "audio", "video", "image_pil", "image_embeds", "audio_embeds"}
PART_FIELDS = frozenset({"type", *TEXT_PARTS.values(), *MEDIA_FIELDS})
PROVIDERS = frozenset({"cache_control", "extra_content"})
"""Marks and signatures that providers hand to their clients and want back. No model reads them."""


def read_messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise BadRequest(
            "`messages` must be a list with at least one message", code="invalid_messages", param="messages"
        )
    return tuple(read_message(item, f"messages[{i}]") for i, item in enumerate(value))


def read_message(item: object, at: str) -> Message:
    if not isinstance(item, dict):
        raise BadRequest(f"`{at}` must be an object", code="invalid_messages", param=at)
    refuse_lookalikes(item, TURN_FIELDS, at)
    role = item.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise BadRequest(
            f"`{at}.role` is {role!r}, which cannot be judged: send one of {known}", code="unknown_role", param=at
        )
    found = [one for one in texts(item, at) if one]
    said = tuple(one for one in found if isinstance(one, str))
    called = tuple(text for text in calls_texts(item, at) if text)
    return Message(role, (*said, *called), len(called), tuple(one for one in found if isinstance(one, Unscanned)))


def texts(item: Mapping[str, Any], at: str) -> Iterator[str | Unscanned]:
    """Every text of one message but its tool calls: content, refusal, reasoning, name, and what nobody knows; and what
    no guardian can see of it.
    """
    yield from content_texts(item.get("content"), f"{at}.content")
    yield from other_texts(item, TURN_FIELDS | PROVIDERS, ids=("tool_call_id", "id"))


def calls_texts(item: Mapping[str, Any], at: str) -> Iterator[str]:
    if item.get("function_call") is not None:
        yield from call_texts(item["function_call"], f"{at}.function_call")
    calls = item.get("tool_calls")
    if calls is None:
        return
    if not isinstance(calls, list):
        raise BadRequest(f"`{at}.tool_calls` must be a list", code="invalid_messages", param=at)
    for i, call in enumerate(calls):
        where = f"{at}.tool_calls[{i}]"
        if not isinstance(call, dict):
            raise BadRequest(f"`{where}` must be an object", code="invalid_messages", param=where)
        called = [call[key] for key in ("function", "custom") if call.get(key) is not None]
        for one in called or [None]:
            yield from call_texts(one, where)
        yield from other_texts(call, {"function", "custom", *PROVIDERS}, ids=("id", "type"))


def content_texts(content: object, at: str) -> Iterator[str | Unscanned]:
    if content is None:
        return
    if isinstance(content, str):
        yield content
        return
    if not isinstance(content, list):
        raise BadRequest(f"`{at}` must be a string or a list of parts", code="invalid_messages", param=at)
    for i, part in enumerate(content):
        yield from part_texts(part, f"{at}[{i}]")


def part_texts(part: object, at: str) -> Iterator[str | Unscanned]:
    """What a part says. Of one that is text by its type and media by its fields, some servers take the media."""
    if isinstance(part, str):
        yield part
        return
    fields: Mapping[str, Any] = part if isinstance(part, dict) else {}
    kind, media = str(fields.get("type")), sorted(MEDIA_FIELDS & fields.keys())
    if kind in TEXT_PARTS and not media:
        refuse_lookalikes(fields, PART_FIELDS, at)
        field = TEXT_PARTS[kind]
        if not isinstance(fields.get(field), str):
            raise BadRequest(f"`{at}.{field}` must be a string", code="invalid_messages", param=at)
        yield fields[field]
        yield from other_texts(fields, {"type", field, *PROVIDERS}, ids=("id",))
        return
    if kind in MEDIA_PARTS:
        yield from media_texts(fields, kind, at)
        return
    if kind in TEXT_PARTS:
        raise BadRequest(
            f"`{at}` is a text that holds `{media[0]}` too: send two parts", code="unknown_content_part", param=at
        )
    raise BadRequest(f"`{at}` has the unknown type `{kind}`: send text parts", code="unknown_content_part", param=at)


def media_texts(part: Mapping[str, Any], kind: str, at: str) -> Iterator[str | Unscanned]:
    """Media, and what is said beside it: a file's name, an address that is a sentence."""
    refuse_lookalikes(part, PART_FIELDS, at)
    others = sorted((MEDIA_FIELDS | {"text", "refusal"}) & part.keys() - {kind})
    if others:
        told = f"`{at}` of type `{kind}` holds `{others[0]}` too: send two parts"
        raise BadRequest(told, code="unknown_content_part", param=at)
    yield Unscanned(MEDIA_PARTS[kind], at, kind)
    yield from prose_of(part.get(kind))
    yield from other_texts(part, {"type", kind, *PROVIDERS}, ids=("id", "uuid", "detail"))


def call_texts(call: object, at: str) -> Iterator[str]:
    """A call's name and arguments: an attacker's text may sit in either. Arguments may be an object too."""
    if not isinstance(call, dict):
        raise BadRequest(f"`{at}` must be an object with a name and arguments", code="invalid_messages", param=at)
    yield from map(text_of, call.values())


def view(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages that are judged: all since the last assistant turn that was answered, the system prompt being
    trusted. The tool calls of that turn are judged with the results that follow: it is the caller who says that the
    model made them.

    A conversation that ends in an assistant turn is a prefill, which is the caller's text: it is judged with the turn
    before it. Where only trusted messages are left, they are judged: nothing is forwarded unseen.
    """
    start = beginning(messages)
    fresh = tuple(m for m in messages[start:] if m.role not in TRUSTED and m.texts)
    if not fresh:
        return tuple(m for m in messages if m.texts)
    return (*calls_of(messages[start - 1]), *fresh) if start else fresh


def history(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages before the view that are not trusted, and that it does not hold already."""
    start = beginning(messages)
    before = tuple(m for m in messages[:start] if m.role not in TRUSTED and m.texts)
    if not any(m.role not in TRUSTED and m.texts for m in messages[start:]):
        return ()
    if not before or not messages[start - 1].calls:
        return before
    said = before[-1].texts[: -before[-1].calls]
    return (*before[:-1], Message(before[-1].role, said)) if said else before[:-1]


def beginning(messages: Sequence[Message]) -> int:
    """Where the view begins: behind the last assistant turn that something follows. One that says nothing answers
    nothing: libraries that ask once more by themselves leave such a turn where they were refused.
    """
    end = len(messages)
    while end > 0 and messages[end - 1].role == "assistant":
        end -= 1
    return max((i + 1 for i in range(end) if answers(messages[i])), default=0)


def answers(turn: Message) -> bool:
    return turn.role == "assistant" and bool(turn.text.strip() or turn.unscanned)


def calls_of(turn: Message) -> tuple[Message, ...]:
    return (Message(turn.role, turn.texts[-turn.calls :], turn.calls),) if turn.calls else ()


def conversation(messages: Sequence[Message], body: Mapping[str, Any], key: bytes) -> str:
    """A name that is the same for every turn of a conversation: a keyed hash of who asks and of how it began."""
    begun = next((m.text for m in messages if m.role not in TRUSTED and m.texts), "")
    who = next((str(body[name]) for name in ("safety_identifier", "user") if isinstance(body.get(name), str)), "")
    return blake2b(f"{who}\n{begun}".encode(), digest_size=8, key=key[:64]).hexdigest()
