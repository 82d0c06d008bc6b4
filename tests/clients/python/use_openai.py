"""OpenAI's library: chat completions and Responses, plain, streamed, and by its helpers for structured output."""

from __future__ import annotations

from openai import OpenAI
from pydantic import BaseModel
from told import KEY, Seen, main, said


class City(BaseModel):
    city: str


def connect(gateway: str) -> OpenAI:
    return OpenAI(base_url=f"{gateway}/v1", api_key=KEY)


def messages(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def create(gateway: str, model: str, prompt: str) -> Seen:
    answer = connect(gateway).chat.completions.create(model=model, messages=messages(prompt))
    choice = answer.choices[0]
    return said(choice.message.content, choice.finish_reason, choice.message.refusal)


def create_stream(gateway: str, model: str, prompt: str) -> Seen:
    text, finish = "", None
    for chunk in connect(gateway).chat.completions.create(model=model, messages=messages(prompt), stream=True):
        text += chunk.choices[0].delta.content or ""
        finish = chunk.choices[0].finish_reason or finish
    return said(text, finish)


def parse(gateway: str, model: str, prompt: str) -> Seen:
    answer = connect(gateway).chat.completions.parse(model=model, messages=messages(prompt), response_format=City)
    choice = answer.choices[0]
    return said(choice.message.parsed and choice.message.parsed.city, choice.finish_reason, choice.message.refusal)


def stream(gateway: str, model: str, prompt: str) -> Seen:
    with connect(gateway).chat.completions.stream(model=model, messages=messages(prompt)) as events:
        choice = events.get_final_completion().choices[0]
    return said(choice.message.content, choice.finish_reason, choice.message.refusal)


def stream_parsed(gateway: str, model: str, prompt: str) -> Seen:
    wanted = {"model": model, "messages": messages(prompt), "response_format": City}
    with connect(gateway).chat.completions.stream(**wanted) as events:
        choice = events.get_final_completion().choices[0]
    return said(choice.message.parsed and choice.message.parsed.city, choice.finish_reason, choice.message.refusal)


def responses_create(gateway: str, model: str, prompt: str) -> Seen:
    return response(connect(gateway).responses.create(model=model, input=prompt))


def responses_create_stream(gateway: str, model: str, prompt: str) -> Seen:
    text, last = "", None
    for event in connect(gateway).responses.create(model=model, input=prompt, stream=True):
        text += event.delta if event.type in ("response.output_text.delta", "response.refusal.delta") else ""
        last = getattr(event, "response", last)
    return {**response(last), "text": text}


def responses_stream(gateway: str, model: str, prompt: str) -> Seen:
    with connect(gateway).responses.stream(model=model, input=prompt) as events:
        return response(events.get_final_response())


def responses_parse(gateway: str, model: str, prompt: str) -> Seen:
    answer = connect(gateway).responses.parse(model=model, input=prompt, text_format=City)
    return {**response(answer), "text": answer.output_parsed and answer.output_parsed.city}


def response(answer: object) -> Seen:
    parts = [part for item in answer.output if item.type == "message" for part in item.content]
    reason = answer.incomplete_details and answer.incomplete_details.reason
    refusal = "".join(part.refusal for part in parts if part.type == "refusal")
    return said(answer.output_text, f"{answer.status}: {reason}" if reason else answer.status, refusal or None)


if __name__ == "__main__":
    main(
        {
            "create": create,
            "create, stream=True": create_stream,
            "stream()": stream,
            "parse()": parse,
            "stream(response_format=...)": stream_parsed,
            "responses.create": responses_create,
            "responses.create, stream=True": responses_create_stream,
            "responses.stream()": responses_stream,
            "responses.parse()": responses_parse,
        }
    )
