"""What is special to the surfaces beside chat: where else a text may stand in their bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.tricks.requests import BODY, JSON, post
from tests.tricks.trick import MARK, Trick, judged, refused, trusted


def sent(path: str, /, **fields: Any) -> bytes:
    return post(json.dumps({"model": "m", **fields}).encode(), JSON, path.encode())


def completions() -> Iterator[Trick]:
    path, no = "/v1/completions", "unscannable_content"
    turns = [{"role": "user", "content": MARK}]
    yield judged("completions: one prompt of many", "the last of a list", sent(path, prompt=["hello", MARK]))
    yield judged("completions: `suffix`", "a text behind the gap", sent(path, prompt="hello", suffix=MARK))
    yield judged(
        "completions: `messages`", "a conversation beside the prompt", sent(path, prompt="hello", messages=turns)
    )
    yield judged(
        "completions: chat's body",
        "no prompt but a conversation",
        post(BODY[:-1] + b',"prompt":"hello"}', JSON, path.encode()),
    )
    for prompt in ([39, 1503], [[39], [1503]], ["hello", [39, 1503]]):
        yield refused(f"completions: prompt `{prompt}`", "tokens that no guardian reads", sent(path, prompt=prompt), no)
    yield refused(
        "completions: `prompt_embeds`", "the prompt as vectors", sent(path, prompt="hello", prompt_embeds="AAAA"), no
    )
    yield refused("completions: `Prompt`", "Go folds case", sent(path, prompt="hello", Prompt=MARK), "ambiguous_key")
    yield refused(
        "completions: two prompts",
        "one reader takes the first",
        post(b'{"prompt":"hello","prompt":"x"}', JSON, path.encode()),
        "duplicate_key",
    )


def embeddings() -> Iterator[Trick]:
    for path, field in (("/v1/embeddings", "input"), ("/v1/rerank", "query"), ("/v1/score", "text_1")):
        name = path.rpartition("/")[2]
        told = "an answer without words can still be asked for a text"
        yield judged(f"{name}: `{field}`", told, sent(path, **{field: MARK}))
        yield judged(f"{name}: one of many", told, sent(path, **{field: ["hello", MARK]}))
        template = sent(path, **{field: "hello"}, chat_template="{{ 'HARM' ~ 'FUL' }}")
        yield refused(f"{name}: `chat_template`", "a program that writes the text", template, "unscannable_content")
        yield judged(
            f"{name}: `instruction`", "a text beside the others", sent(path, **{field: "hello"}, instruction=MARK)
        )
        yield refused(
            f"{name}: token numbers", "no guardian reads them", sent(path, **{field: [39, 1503]}), "unscannable_content"
        )
        yield refused(
            f"{name}: `{field.title()}`",
            "Go folds case",
            sent(path, **{field: "hello", field.title(): MARK}),
            "ambiguous_key",
        )


def responses() -> Iterator[Trick]:
    path, no = "/v1/responses", "unscannable_content"
    yield judged("responses: `input`", "a text", sent(path, input=MARK))
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": MARK}]}
    yield judged("responses: message", "an item", sent(path, input=[message]))
    yield judged(
        "responses: item without a type", "a message by its role", sent(path, input=[{"role": "user", "content": MARK}])
    )
    output = {"type": "function_call_output", "call_id": "1", "output": MARK}
    yield judged("responses: result of a call", "what a tool says", sent(path, input=[output]))
    yield judged(
        "responses: `messages`",
        "a field of another API",
        sent(path, input="hello", messages=[{"role": "user", "content": MARK}]),
    )
    yield refused(
        "responses: `previous_response_id`",
        "turns that only the provider has",
        sent(path, input="hello", previous_response_id="resp_1"),
        no,
    )
    yield refused(
        "responses: `prompt`",
        "a prompt that only the provider has",
        sent(path, input="hello", prompt={"id": "pmpt_1", "variables": {"a": MARK}}),
        no,
    )
    yield refused(
        "responses: `background`", "an answer that nobody judges", sent(path, input=MARK, background=True), no
    )
    yield refused(
        "responses: `item_reference`",
        "an item that only the provider has",
        sent(path, input=[{"type": "item_reference", "id": "msg_1"}]),
        no,
    )
    yield refused(
        "responses: unknown item", "what is it?", sent(path, input=[{"type": "poem", "text": MARK}]), "unknown_item"
    )
    yield trusted(
        "responses: `instructions`",
        "the application's own",
        sent(path, input="hello", instructions=MARK),
        "`instructions`",
    )


def messages() -> Iterator[Trick]:
    path = "/v1/messages"

    def said(*blocks: Any, **more: Any) -> bytes:
        return sent(path, max_tokens=9, messages=[{"role": "user", "content": [*blocks]}], **more)

    hello, text = {"type": "text", "text": "hello"}, {"type": "text", "text": MARK}
    yield judged("messages: text block", "the second block", said(hello, text))
    result = {"type": "tool_result", "tool_use_id": "1", "content": [text]}
    yield judged("messages: result of a tool", "a block in a block", said(hello, result))
    plain = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": MARK}}
    yield judged("messages: document of text", "a text that looks like a file", said(plain))
    yield judged("messages: title of a document", "beside the text", said({**plain, "title": MARK}))
    yield judged("messages: `documents`", "a field of another API", said(hello, documents=[MARK]))
    yield refused(
        "messages: picture",
        "no guardian can see it",
        said({"type": "image", "source": {"type": "url", "url": MARK}}),
        "unscannable_content",
    )
    yield refused(
        "messages: unknown block", "what is it?", said({"type": "poem", "text": MARK}), "unknown_content_part"
    )
    yield refused(
        "messages: role `tool`",
        "none of this API's",
        sent(path, messages=[{"role": "tool", "content": MARK}]),
        "unknown_role",
    )
    counted = sent(f"{path}/count_tokens", messages=[{"role": "user", "content": MARK}])
    yield judged("count_tokens", "what is only counted reaches the upstream too", counted)
    yield trusted("messages: `system`", "the application's own", said(hello, system=MARK), "`system`")
