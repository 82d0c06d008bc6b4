"""LlamaIndex, by its class for servers that speak as OpenAI's does."""

from __future__ import annotations

from llama_index.core.llms import ChatMessage, ChatResponse
from llama_index.llms.openai_like import OpenAILike
from told import KEY, Seen, main, said


def connect(gateway: str, model: str) -> OpenAILike:
    return OpenAILike(model=model, api_base=f"{gateway}/v1", api_key=KEY, is_chat_model=True)


def chat(gateway: str, model: str, prompt: str) -> Seen:
    answer = connect(gateway, model).chat([ChatMessage(role="user", content=prompt)])
    return said(answer.message.content, finish(answer), answer.message.additional_kwargs.get("refusal"))


def stream_chat(gateway: str, model: str, prompt: str) -> Seen:
    *_, last = connect(gateway, model).stream_chat([ChatMessage(role="user", content=prompt)])
    return said(last.message.content, finish(last))


def finish(answer: ChatResponse) -> str | None:
    return answer.raw.choices[0].finish_reason if answer.raw.choices else None


if __name__ == "__main__":
    main({"chat": chat, "stream_chat": stream_chat})
