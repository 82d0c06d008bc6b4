"""Every client library that is run, and every call of it: the script that makes it, and the surface that it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT

FOLDER = Path(__file__).parent
VENV = ROOT / ".venv-clients"
PYTHON = VENV / "bin" / "python"
PYTHON_OPENAI_2 = VENV / "openai-2" / "bin" / "python"
"""For the libraries that do not go with OpenAI's newest."""
NODE = VENV / "bin" / "node"
SURFACES = frozenset({"chat", "messages", "responses"})
"""Only calls of these are run through the gateway; the others go to the upstream alone. With one more here, write the
page again.
"""


@dataclass(frozen=True, slots=True)
class Client:
    """`ways` are the calls, as the script names them, with the surface that each asks."""

    name: str
    package: str
    program: Path
    script: str
    ways: Mapping[str, str]

    @property
    def command(self) -> tuple[Path, Path]:
        return self.program, FOLDER / self.script


def clients() -> tuple[Client, ...]:
    return (
        Client("openai (Python)", "openai", PYTHON, "python/use_openai.py", openai_ways("stream=True")),
        Client("openai (Node)", "openai", NODE, "node/use_openai.mjs", openai_ways("stream: true")),
        Client(
            "anthropic (Python)",
            "anthropic",
            PYTHON,
            "python/use_anthropic.py",
            on("messages", "messages.create", "messages.create, stream=True", "messages.stream()"),
        ),
        Client("LangChain", "langchain-openai", PYTHON, "python/use_langchain.py", langchain_ways()),
        Client(
            "LlamaIndex",
            "llama-index-llms-openai-like",
            PYTHON_OPENAI_2,
            "python/use_llama_index.py",
            on("chat", "chat", "stream_chat"),
        ),
        Client(
            "pydantic-ai",
            "pydantic-ai-slim",
            PYTHON,
            "python/use_pydantic_ai.py",
            on("chat", "run", "run_stream", "run, output_type=City", "run, output_type=NativeOutput(City)"),
        ),
        Client("Vercel AI SDK", "ai", NODE, "node/use_ai_sdk.mjs", ai_sdk_ways()),
        Client(
            "LiteLLM",
            "litellm",
            PYTHON,
            "python/use_litellm.py",
            on("chat", "completion", "completion, stream=True"),
        ),
        Client(
            "instructor",
            "instructor",
            PYTHON_OPENAI_2,
            "python/use_instructor.py",
            on("chat", "create(response_model=...)", "create(response_model=...), JSON_SCHEMA"),
        ),
        Client("llm", "llm", PYTHON, "python/use_llm.py", on("chat", "llm --no-stream", "llm", "llm --schema")),
        Client("curl", "curl", PYTHON, "python/use_curl.py", on("chat", "curl", "curl --no-buffer, stream: true")),
    )


def openai_ways(stream: str) -> Mapping[str, str]:
    python = stream == "stream=True"
    more = ("stream(response_format=...)",) if python else ()
    more_responses = ("responses.stream()",) if python else ()
    responses = ("responses.create", f"responses.create, {stream}", *more_responses, "responses.parse()")
    return {**on("chat", "create", f"create, {stream}", "stream()", "parse()", *more), **on("responses", *responses)}


def langchain_ways() -> Mapping[str, str]:
    structured = ("with_structured_output", 'with_structured_output(method="function_calling")')
    return {
        **on("chat", "invoke", "stream", *structured),
        **on("responses", "invoke, use_responses_api=True", "stream, use_responses_api=True"),
        **on("messages", "ChatAnthropic.invoke", "ChatAnthropic.stream"),
    }


def ai_sdk_ways() -> Mapping[str, str]:
    calls = ("generateText", "streamText", "generateText, output: object")
    return {
        **on("chat", *calls, *(f"openai.chat, {call}" for call in calls)),
        **on("responses", "openai, generateText", "openai, streamText"),
    }


def on(surface: str, *calls: str) -> Mapping[str, str]:
    return dict.fromkeys(calls, surface)
