"""LangChain, by its packages for OpenAI and for Anthropic."""

from __future__ import annotations

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from told import KEY, Seen, main, said


class City(BaseModel):
    city: str


def connect(gateway: str, model: str) -> ChatOpenAI:
    return ChatOpenAI(model=model, base_url=f"{gateway}/v1", api_key=KEY)


def connect_responses(gateway: str, model: str) -> ChatOpenAI:
    return ChatOpenAI(model=model, base_url=f"{gateway}/v1", api_key=KEY, use_responses_api=True)


def connect_anthropic(gateway: str, model: str) -> ChatAnthropic:
    return ChatAnthropic(model=model, base_url=gateway, api_key=KEY)


def invoke(gateway: str, model: str, prompt: str) -> Seen:
    return message(connect(gateway, model).invoke(prompt))


def stream(gateway: str, model: str, prompt: str) -> Seen:
    return joined(connect(gateway, model).stream(prompt))


def structured(gateway: str, model: str, prompt: str) -> Seen:
    """By default, a `json_schema`."""
    return said(connect(gateway, model).with_structured_output(City).invoke(prompt).city)


def function_calling(gateway: str, model: str, prompt: str) -> Seen:
    found = connect(gateway, model).with_structured_output(City, method="function_calling").invoke(prompt)
    return said(found and found.city)


def responses_invoke(gateway: str, model: str, prompt: str) -> Seen:
    return message(connect_responses(gateway, model).invoke(prompt))


def responses_stream(gateway: str, model: str, prompt: str) -> Seen:
    return joined(connect_responses(gateway, model).stream(prompt))


def anthropic_invoke(gateway: str, model: str, prompt: str) -> Seen:
    return message(connect_anthropic(gateway, model).invoke(prompt))


def anthropic_stream(gateway: str, model: str, prompt: str) -> Seen:
    return joined(connect_anthropic(gateway, model).stream(prompt))


def joined(chunks: object) -> Seen:
    whole = None
    for chunk in chunks:
        whole = chunk if whole is None else whole + chunk
    return message(whole)


def message(answer: BaseMessage) -> Seen:
    told = answer.response_metadata
    incomplete = told.get("incomplete_details") or {}
    finish = told.get("finish_reason") or told.get("stop_reason") or incomplete.get("reason") or told.get("status")
    return said(answer.text, finish, answer.additional_kwargs.get("refusal"))


if __name__ == "__main__":
    main(
        {
            "invoke": invoke,
            "stream": stream,
            "with_structured_output": structured,
            'with_structured_output(method="function_calling")': function_calling,
            "invoke, use_responses_api=True": responses_invoke,
            "stream, use_responses_api=True": responses_stream,
            "ChatAnthropic.invoke": anthropic_invoke,
            "ChatAnthropic.stream": anthropic_stream,
        }
    )
