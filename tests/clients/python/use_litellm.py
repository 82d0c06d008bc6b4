"""LiteLLM as a client: `completion`, plain and streamed."""

from __future__ import annotations

import litellm
from told import KEY, Seen, main, said


def wanted(gateway: str, model: str, prompt: str) -> dict[str, object]:
    connection = {"model": "openai/" + model, "api_base": f"{gateway}/v1", "api_key": KEY}
    return {**connection, "messages": [{"role": "user", "content": prompt}]}


def completion(gateway: str, model: str, prompt: str) -> Seen:
    choice = litellm.completion(**wanted(gateway, model, prompt)).choices[0]
    return said(choice.message.content, choice.finish_reason, getattr(choice.message, "refusal", None))


def completion_stream(gateway: str, model: str, prompt: str) -> Seen:
    text, finish = "", None
    for chunk in litellm.completion(**wanted(gateway, model, prompt), stream=True):
        text += chunk.choices[0].delta.content or ""
        finish = chunk.choices[0].finish_reason or finish
    return said(text, finish)


if __name__ == "__main__":
    litellm.suppress_debug_info = True
    main({"completion": completion, "completion, stream=True": completion_stream})
