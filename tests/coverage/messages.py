"""A Messages request for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN
from tests.coverage.others import OTHERS

TEXT = {"type": "text", "text": "hello"}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [TEXT, *blocks]}


def answered(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": [*blocks]}


def call(kind: str = "tool_use", **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": "1", "name": "f", "input": {}, **more}


def result(content: object, kind: str = "tool_result") -> dict[str, Any]:
    return {"type": kind, "tool_use_id": "1", "content": content}


def document(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "document", "source": source, **more}


PDF = {"type": "base64", "media_type": "application/pdf", "data": SEEN}
WORDS = {"type": "text", "media_type": "text/plain", "data": "words"}
OPAQUE = {
    "signature": {"type": "thinking", "thinking": "hm"},
    "data": {"type": "redacted_thinking"},
    "encrypted_content": {"type": "web_search_result", "title": "t", "url": "u"},
    "encrypted_index": {"type": "text", "text": "hello"},
    "encrypted_stdout": {"type": "encrypted_code_execution_result", "content": [], "stderr": ""},
}


def block(kind: str) -> list[dict[str, Any]]:
    match kind:
        case "text":
            return [user({"type": "text", "text": SEEN})]
        case "search_result":
            return [user({"type": kind, "source": "s", "title": "t", "content": [{"type": "text", "text": SEEN}]})]
        case "image":
            return [user({"type": kind, "source": {"type": "url", "url": SEEN}})]
        case "document":
            return [user(document(PDF))]
        case "container_upload":
            return [user({"type": kind, "file_id": SEEN})]
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            return [user(), answered(call(kind, input={"q": [SEEN]}))]
    return [user(), answered(call()), {"role": "user", "content": [result([{"type": "text", "text": SEEN}], kind)]}]


ANSWERED = [{"role": "user", "content": SEEN}, answered(TEXT), user()]
FAILED = {"type": "web_search_tool_result_error", "error_code": f"{SEEN} is wrong"}
MESSAGES: dict[str, list[dict[str, Any]]] = {
    "content of role user": [{"role": "user", "content": SEEN}],
    "content of role system": [user(), {"role": "system", "content": SEEN}],
    "prefilled assistant turn": [user(), {"role": "assistant", "content": SEEN}],
    "thinking": [user(), answered({"type": "thinking", "thinking": SEEN, "signature": "x"})],
    "tool call before its result": [user(), answered(call(input={"q": SEEN})), user(result(""))],
    "document of text": [user(document({**WORDS, "data": SEEN}))],
    "document of blocks": [user(document({"type": "content", "content": [{"type": "text", "text": SEEN}]}))],
    "title of a document": [user(document(WORDS, title=SEEN))],
    "error in the result of a tool": [user(result(FAILED, "web_search_tool_result"))],
    "any other field of a message or a block": [user({**TEXT, "details": [{"note": SEEN}]})],
    "unknown block": [user({"type": "poem", "poem": SEEN})],
    "unknown block in the result of a tool": [user(result([{"type": "poem", "poem": SEEN}]))],
    "unknown role": [{"role": "oracle", "content": SEEN}],
    "text block that holds media": [user({**TEXT, "source": {"type": "url", "url": SEEN}})],
    "picture in the result of a tool": [user(result([{"type": "image", "source": {"type": "url", "url": SEEN}}]))],
    "`cache_control` of a block": [user({**TEXT, "cache_control": {"type": SEEN}})],
    "turns before the last answered one, under `view: turn`": ANSWERED,
    "turns before the last answered one, under `view: conversation`": ANSWERED,
}
BODY: dict[str, dict[str, Any]] = {
    "`system`": {"system": [{"type": "text", "text": SEEN}]},
    "`thread`": {"thread": {"type": "continue", "previous_message_id": SEEN}},
    "documents": {"documents": [{"text": SEEN}]},
    "tool definition": {"tools": [{"name": SEEN, "input_schema": {}}]},
    **OTHERS,
    "field that differs from a known one in its case only": {"Messages": [user()], "note": SEEN},
}


def messages_of(place: str) -> list[dict[str, Any]]:
    words = place.split()
    if place in MESSAGES:
        return MESSAGES[place]
    if words[0] == "block":
        return block(words[1])
    if place.endswith("where it is no words"):
        name = words[0].strip("`")
        return [user({**OPAQUE[name], name: SEEN})]
    return [user()]


def body_of(place: str) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": messages_of(place), **BODY.get(place, {})}
