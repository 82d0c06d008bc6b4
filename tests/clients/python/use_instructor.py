"""instructor: structured output by a tool call, its default, or by a JSON schema."""

from __future__ import annotations

import instructor
from openai import OpenAI
from pydantic import BaseModel
from told import KEY, Seen, main, said


class City(BaseModel):
    city: str


def connect(gateway: str, mode: instructor.Mode = instructor.Mode.TOOLS) -> instructor.Instructor:
    return instructor.from_openai(OpenAI(base_url=f"{gateway}/v1", api_key=KEY), mode=mode)


def tools(gateway: str, model: str, prompt: str) -> Seen:
    return asked(connect(gateway), model, prompt)


def json_schema(gateway: str, model: str, prompt: str) -> Seen:
    return asked(connect(gateway, instructor.Mode.JSON_SCHEMA), model, prompt)


def asked(client: instructor.Instructor, model: str, prompt: str) -> Seen:
    messages = [{"role": "user", "content": prompt}]
    return said(client.chat.completions.create(model=model, messages=messages, response_model=City).city)


if __name__ == "__main__":
    main({"create(response_model=...)": tools, "create(response_model=...), JSON_SCHEMA": json_schema})
