"""The one reader of content blocks: every text that one bears, and what no guardian can see. An unknown one is refused.

Of a known block every member is read, whatever it is called, but those that are named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gateway.errors import BadRequest
from gateway.surfaces.conversation import MEDIA_FIELDS
from gateway.surfaces.members import is_id, is_prose, other_texts, prose_of, refuse_lookalikes, text_of
from gateway.unscanned import Unscanned

Found = str | Unscanned
TEXT = frozenset({"text", "thinking", "search_result", "compaction", "fallback"}) | {
    "mcp_tool_listing",
    "tool_addition",
    "tool_removal",
}
CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Calls of tools, in a turn of the assistant's."""
RESULTS = frozenset({"tool_result", "mcp_tool_result", "web_search_tool_result", "web_fetch_tool_result"}) | {
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
}
INNER = frozenset({"web_search_result", "web_fetch_result", "tool_reference", "tool_search_tool_search_result"}) | {
    "code_execution_result",
    "code_execution_output",
    "encrypted_code_execution_result",
    "bash_code_execution_result",
    "bash_code_execution_output",
    "text_editor_code_execution_view_result",
    "text_editor_code_execution_create_result",
    "text_editor_code_execution_str_replace_result",
    "browser_state",
}
"""What stands in the result of a tool."""
FAILURES = frozenset({f"{name}_error" for name in RESULTS})
READ = TEXT | CALLS | RESULTS | INNER | FAILURES | {"redacted_thinking"}
MEDIA: Mapping[str, str] = MappingProxyType({"image": "image", "document": "file", "container_upload": "file"})
"""What no guardian can see, by the name that policies have for it; but a document may be text."""
IDS = frozenset({"id", "tool_use_id", "file_id"})
OPAQUE = frozenset({"signature", "data", "encrypted_content", "encrypted_index", "encrypted_stdout"})
"""What the provider has written for itself, signed or encrypted: no model reads it, unless it is written in words."""
SWITCHES = frozenset({"citations", "caller"})
"""Objects of names and truth values."""
DEEPEST = 8
CODE = re.compile(r"[A-Za-z0-9+/=_.:-]*")
FIELDS = frozenset({"type", "text", "source", "content", "input", "thinking", "citations", "title", "context"})
SOURCE = frozenset({"type", "data", "content", "media_type", "url", "file_id"})
"""What is read of a block, and of the source of a document, and no other may be taken for."""


def blocks(content: object, at: str) -> Iterator[Mapping[str, Any]]:
    """The blocks of a message's content; a string is one block of text."""
    if isinstance(content, str):
        yield {"type": "text", "text": content}
        return
    if not isinstance(content, list):
        raise BadRequest(f"`{at}` must be a string or a list of blocks", code="invalid_messages", param=at)
    for i, block in enumerate(content):
        if not isinstance(block, dict):
            raise BadRequest(f"`{at}[{i}]` must be an object with a `type`", code="invalid_messages", param=at)
        yield block


def block_texts(block: Mapping[str, Any], at: str) -> Iterator[Found]:
    """What one block says."""
    if at.count(".content") > DEEPEST:
        raise BadRequest(f"`{at}` is nested too deeply: send a flatter one", code="invalid_messages", param=at)
    refuse_lookalikes(block, FIELDS, at)
    kind = str(block.get("type"))
    if kind in MEDIA:
        yield from media_texts(block, kind, at)
    elif kind in READ:
        yield from read_texts(block, kind, at)
    else:
        raise BadRequest(
            f"`{at}` has the unknown type `{kind}`: send blocks of text", code="unknown_content_part", param=at
        )


def read_texts(block: Mapping[str, Any], kind: str, at: str) -> Iterator[Found]:
    if kind == "text" and not isinstance(block.get("text"), str):
        raise BadRequest(f"`{at}.text` must be a string", code="invalid_messages", param=at)
    media = sorted((MEDIA_FIELDS | {"source"}) & block.keys() if kind != "search_result" else ())
    if media:
        told = f"`{at}` of type `{kind}` holds `{media[0]}` too: send two blocks"
        raise BadRequest(told, code="unknown_content_part", param=at)
    for key, value in block.items():
        if key == "content" and isinstance(value, dict | list):
            for i, inner in enumerate(blocks([value] if isinstance(value, dict) else value, f"{at}.content")):
                yield from block_texts(inner, f"{at}.content[{i}]")
        elif not silent(key, value):
            yield text_of(value)


def silent(key: str, value: object) -> bool:
    """Whether it is no text: the type, a mark for the cache, a switch, an id that looks like one, what is encrypted."""
    if key in ("type", "cache_control"):
        return True
    if key in SWITCHES and isinstance(value, dict):
        return not any(is_prose(inner) or isinstance(inner, dict | list) for inner in value.values())
    if key in OPAQUE:
        return isinstance(value, str) and CODE.fullmatch(value) is not None
    return key in IDS and is_id(value)


def media_texts(block: Mapping[str, Any], kind: str, at: str) -> Iterator[Found]:
    """Media, what is said beside it, and the words of a document that is text."""
    source = block.get("source")
    within = source if isinstance(source, dict) else {}
    form = within.get("type")
    refuse_lookalikes(within, SOURCE, at)
    if kind == "document" and form == "text" and isinstance(within.get("data"), str):
        yield within["data"]
        yield from other_texts(within, {"type", "data"}, ids=("media_type",))
    elif kind == "document" and form == "content":
        for i, inner in enumerate(blocks(within.get("content"), f"{at}.source.content")):
            yield from block_texts(inner, f"{at}.source.content[{i}]")
        yield from other_texts(within, {"type", "content"}, ids=("media_type",))
    else:
        yield Unscanned(MEDIA[kind], at, kind)
        yield from prose_of(source)
    for key, value in block.items():
        if key != "source" and not silent(key, value):
            yield text_of(value)
