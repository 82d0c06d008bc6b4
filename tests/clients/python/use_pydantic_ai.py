"""pydantic-ai: an agent that answers in text, and one that answers as a type, by a tool or by a JSON schema."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from told import KEY, Seen, main, said


class City(BaseModel):
    city: str


def connect(gateway: str, model: str, output: Any = str) -> Agent[None, Any]:
    provider = OpenAIProvider(base_url=f"{gateway}/v1", api_key=KEY)
    return Agent(OpenAIChatModel(model, provider=provider), output_type=output)


def run(gateway: str, model: str, prompt: str) -> Seen:
    answer = connect(gateway, model).run_sync(prompt)
    return said(answer.output, answer.response.finish_reason)


def run_stream(gateway: str, model: str, prompt: str) -> Seen:
    async def streamed() -> Seen:
        async with connect(gateway, model).run_stream(prompt) as answer:
            text = "".join([piece async for piece in answer.stream_text(delta=True)])
            return said(text, answer.response.finish_reason)

    return asyncio.run(streamed())


def tool_output(gateway: str, model: str, prompt: str) -> Seen:
    return said(connect(gateway, model, City).run_sync(prompt).output.city)


def native_output(gateway: str, model: str, prompt: str) -> Seen:
    return said(connect(gateway, model, NativeOutput(City)).run_sync(prompt).output.city)


if __name__ == "__main__":
    main(
        {
            "run": run,
            "run_stream": run_stream,
            "run, output_type=City": tool_output,
            "run, output_type=NativeOutput(City)": native_output,
        }
    )
