"""Anthropic's library: messages, plain, streamed, and by its helper."""

from __future__ import annotations

from anthropic import Anthropic
from told import KEY, Seen, main, said


def connect(gateway: str) -> Anthropic:
    return Anthropic(base_url=gateway, api_key=KEY)


def wanted(model: str, prompt: str) -> dict[str, object]:
    return {"model": model, "max_tokens": 256, "messages": [{"role": "user", "content": prompt}]}


def create(gateway: str, model: str, prompt: str) -> Seen:
    return message(connect(gateway).messages.create(**wanted(model, prompt)))


def create_stream(gateway: str, model: str, prompt: str) -> Seen:
    text, finish = "", None
    for event in connect(gateway).messages.create(**wanted(model, prompt), stream=True):
        if event.type == "content_block_delta":
            text += event.delta.text
        if event.type == "message_delta":
            finish = event.delta.stop_reason
    return said(text, finish)


def stream(gateway: str, model: str, prompt: str) -> Seen:
    with connect(gateway).messages.stream(**wanted(model, prompt)) as events:
        return message(events.get_final_message())


def message(answer: object) -> Seen:
    return said("".join(block.text for block in answer.content if block.type == "text"), answer.stop_reason)


if __name__ == "__main__":
    main({"messages.create": create, "messages.create, stream=True": create_stream, "messages.stream()": stream})
