"""A request of Responses for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN
from tests.coverage.others import OTHERS

Item = dict[str, Any]


def said(content: object = "hello", role: str = "user") -> Item:
    return {"type": "message", "role": role, "content": content}


def call(arguments: str = "{}") -> Item:
    return {"type": "function_call", "call_id": "1", "name": "f", "arguments": arguments}


def result(output: object = "42") -> Item:
    return {"type": "function_call_output", "call_id": "1", "output": output}


def thought(text: str) -> Item:
    return {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text}]}


ITEMS: dict[str, Item] = {
    "reasoning": {"summary": [], "content": [{"type": "reasoning_text", "text": SEEN}]},
    "function_call": {"call_id": "1", "name": SEEN, "arguments": "{}"},
    "function_call_output": {"call_id": "1", "output": SEEN},
    "custom_tool_call": {"call_id": "1", "name": "f", "input": SEEN},
    "custom_tool_call_output": {"call_id": "1", "output": [{"type": "input_text", "text": SEEN}]},
    "computer_call": {"call_id": "1", "action": {"type": "type", "text": SEEN}},
    "computer_call_output": {"call_id": "1", "output": "", "acknowledged_safety_checks": [{"message": SEEN}]},
    "file_search_call": {"queries": ["x"], "results": [{"text": SEEN}]},
    "web_search_call": {"action": {"type": "search", "query": SEEN}},
    "code_interpreter_call": {"code": "1", "container_id": "c", "outputs": [{"type": "logs", "logs": SEEN}]},
    "image_generation_call": {"result": None, "revised_prompt": SEEN},
    "mcp_call": {"name": "f", "arguments": "{}", "output": SEEN},
    "mcp_list_tools": {"server_label": "s", "tools": [{"name": "f", "description": SEEN}]},
    "mcp_approval_request": {"name": "f", "arguments": SEEN},
    "mcp_approval_response": {"approval_request_id": "1", "approve": True, "reason": SEEN},
    "local_shell_call": {"call_id": "1", "action": {"type": "exec", "command": ["ls", SEEN], "env": {}}},
    "local_shell_call_output": {"output": SEEN},
    "shell_call": {"call_id": "1", "action": {"commands": [SEEN]}},
    "shell_call_output": {"call_id": "1", "output": [{"stdout": SEEN, "stderr": ""}]},
    "apply_patch_call": {"call_id": "1", "operation": {"type": "create_file", "path": "a", "diff": SEEN}},
    "apply_patch_call_output": {"call_id": "1", "status": "failed", "output": SEEN},
    "tool_search_call": {"arguments": {"query": SEEN}},
    "tool_search_output": {"tools": [{"type": "function", "name": SEEN}]},
    "program": {"call_id": "1", "code": SEEN},
    "program_output": {"call_id": "1", "result": SEEN},
    "configuration_update": {"text": {"format": {"type": "json_schema", "name": SEEN}}},
    "additional_tools": {"role": "developer", "tools": [{"type": "function", "name": SEEN}]},
}
MEDIA: dict[str, Item] = {
    "input_image": {"image_url": SEEN},
    "input_file": {"file_data": SEEN},
    "computer_screenshot": {"image_url": SEEN},
}
ANSWERED = [said(SEEN), said("ok", "assistant"), said()]
PLACES: dict[str, list[Any] | str] = {
    "input that is a text": SEEN,
    "prefilled message of role assistant": [said(), said(SEEN, "assistant")],
    "parts of a result": [said(), call(), result([{"type": "input_text", "text": SEEN}])],
    "result before another call, with no message or reasoning between": [
        said(),
        call(),
        result(SEEN),
        call(),
        result(),
    ],
    "reasoning before a call and its result": [said(), thought(SEEN), call(), result()],
    "any other field of an item or a part": [said([{"type": "input_text", "text": "a", "note": {"b": SEEN}}])],
    "turns before the last answered one, under `view: turn`": ANSWERED,
    "turns before the last answered one, under `view: conversation`": ANSWERED,
    "unknown item": [{"type": "poem", "poem": SEEN}],
    "unknown part": [said([{"type": "poem", "poem": SEEN}])],
    "unknown role": [said(SEEN, "oracle")],
    "text part that holds media": [said([{"type": "input_text", "text": "a", "image_url": SEEN}])],
    "id that looks like one": [said(), {**call(), "call_id": SEEN}, {**result(), "call_id": SEEN}],
    "`encrypted_content` of reasoning": [said(), {**thought(""), "encrypted_content": SEEN}, call(), result()],
    "`encrypted_content` of reasoning in words": [
        *(said(), {**thought(""), "encrypted_content": f"now {SEEN}"}, call(), result()),
    ],
    "`encrypted_content` of compaction": [{"type": "compaction", "encrypted_content": SEEN}, said()],
    "`result` of image_generation_call": [said(), {"type": "image_generation_call", "id": "1", "result": SEEN}],
    "`id` of item_reference": [{"type": "item_reference", "id": SEEN}, said()],
    "picture of code_interpreter_call": [
        said(),
        {"type": "code_interpreter_call", "id": SEEN, "outputs": [{"type": "image", "url": "https://x/y"}]},
    ],
}
BODIES: dict[str, Item] = {
    "`instructions`": {"instructions": SEEN},
    "tool definition": {"tools": [{"type": "function", "name": SEEN, "parameters": {}}]},
    "`text` format": {"text": {"format": {"type": "json_schema", "name": SEEN, "schema": {}}}},
    **OTHERS,
    "field that differs from a known one in its case only": {"Input": SEEN},
    "`prompt` that is a text": {"prompt": SEEN},
    "`prompt` that is stored": {"prompt": {"id": SEEN}},
    "`previous_response_id`": {"previous_response_id": SEEN},
    "`conversation`": {"conversation": {"id": SEEN}},
    "`background` that is true": {"background": True, "metadata": {"note": SEEN}},
}


def input_of(place: str) -> list[Any] | str:
    kind = place.rpartition(" ")[2]
    match place.split():
        case ["message", "of", "role", _]:
            return [said(), said(SEEN, kind), said()]
        case ["item", _]:
            return [said(), {"type": kind, "id": "1", **ITEMS[kind]}]
        case ["part", "refusal"]:
            return [said([{"type": kind, "refusal": SEEN}])]
        case ["part", "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text"]:
            return [said([{"type": kind, "text": SEEN}])]
        case ["part", _]:
            return [said([{"type": "input_text", "text": "look"}, {"type": kind, **MEDIA.get(kind, {kind: SEEN})}])]
    return PLACES.get(place, [said()])


def body_of(place: str) -> dict[str, Any]:
    other = place.split("`")[1] if place.startswith("field `") else None
    found = {other: [{"role": "user", "content": SEEN}]} if other is not None else BODIES.get(place, {})
    return {"model": "m", "input": input_of(place), **found}
