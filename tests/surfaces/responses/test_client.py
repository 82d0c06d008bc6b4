"""OpenAI's own client, with nothing changed but `base_url`: what it sees of every decision."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.flow.policies import HEAD, under
from tests.output.talking import BLOCK, LEAD, RESPOND, Talking, talking
from tests.servers import HARMFUL, SAFE_RESPONSE, Handler, Received, Stack, response, stack
from tests.surfaces.responses.spoken import HEAD as RESPONSE
from tests.surfaces.responses.spoken import Spoken, raw

WORDS = "".join(SAFE_RESPONSE).strip()
BAD = f"a {HARMFUL} query"
CANNED = """
responses: {gone: {text: Withheld.}}
rules:
  - {name: unsafe, match: {verdict: unsafe}, action: {respond: gone}}
"""


class City(BaseModel):
    name: str


def events_of(text: str) -> list[bytes]:
    return [raw(event) for event in Spoken(16).all(text)]


def speaking(text: str) -> Handler:
    """An upstream that says this, whole or event by event."""

    async def handler(request: Received, writer: Any) -> None:
        if request.json.get("stream"):
            await talking(*events_of(text))(request, writer)
        else:
            output = Spoken().all(text)[-1]["response"]["output"]
            writer.write(response(json.dumps({**RESPONSE, "status": "completed", "output": output}).encode()))

    return handler


@asynccontextmanager
async def client(running: Stack) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{running.url}/v1", api_key="sk-caller", max_retries=0) as sdk:
        yield sdk


async def test_a_safe_query_gets_the_upstreams_answer() -> None:
    async with stack(speaking("Paris.")) as running, client(running) as sdk:
        answer = await sdk.responses.create(model="m", input="capital of France?")
    assert (answer.id, answer.output_text) == ("resp_up", "Paris.")
    assert running.upstream.received[0].target == "/v1/responses"


async def test_a_safe_query_is_streamed_from_the_upstream_and_its_number_is_followed() -> None:
    async with stack(speaking("Paris.")) as running, client(running) as sdk:
        async with sdk.responses.stream(model="m", input="capital of France?") as stream:
            answer = await stream.get_final_response()
    assert (answer.id, answer.output_text) == ("resp_up", "Paris.")


async def test_a_harmful_query_gets_the_guardians_answer() -> None:
    async with stack() as running, client(running) as sdk:
        answer = await sdk.responses.create(model="m", input=BAD)
    assert (answer.output_text, answer.status, answer.incomplete_details) == (WORDS, "completed", None)
    assert (answer.model, answer.usage and answer.usage.total_tokens) == ("m", 0)
    assert running.upstream.bytes_received == 0


async def test_a_harmful_query_is_streamed_from_the_guardian() -> None:
    async with stack() as running, client(running) as sdk:
        events = [event async for event in await sdk.responses.create(model="m", input=BAD, stream=True)]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == WORDS
    assert len(deltas) > 1
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == WORDS


async def test_the_stream_helper_accepts_the_guardians_answer() -> None:
    async with stack() as running, client(running) as sdk:
        async with sdk.responses.stream(model="m", input=BAD) as stream:
            kinds = [event.type async for event in stream]
            answer = await stream.get_final_response()
    assert answer.output_text == WORDS
    assert kinds[-1] == "response.completed"


async def test_a_canned_refusal_is_incomplete_and_can_be_read(tmp_path: Path) -> None:
    async with under(tmp_path, CANNED) as running, client(running) as sdk:
        answer = await sdk.responses.create(model="m", input=BAD)
        streamed = [event async for event in await sdk.responses.create(model="m", input=BAD, stream=True)]
    assert (answer.status, answer.output_text) == ("incomplete", "Withheld.")
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "content_filter"
    last = streamed[-1]
    assert last.type == "response.incomplete"
    assert last.response.output_text == "Withheld."


@pytest.mark.parametrize("policy", ["", CANNED])
async def test_a_caller_that_parses_finds_a_refusal(tmp_path: Path, policy: str) -> None:
    async with under(tmp_path, policy) if policy else stack() as running, client(running) as sdk:
        answer = await sdk.responses.parse(model="m", input=BAD, text_format=City)
        async with sdk.responses.stream(model="m", input=BAD, text_format=City) as stream:
            kinds = [event.type async for event in stream]
    assert answer.output_parsed is None
    message = answer.output[0]
    assert message.type == "message"
    assert message.content[0].type == "refusal"
    assert message.content[0].refusal == ("Withheld." if policy else WORDS)
    assert kinds.count("response.refusal.done") == 1


async def test_a_tool_callers_harmful_query_is_an_error_it_can_handle() -> None:
    tool: Any = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
    async with stack() as running, client(running) as sdk:
        with pytest.raises(openai.BadRequestError) as blocked:
            await sdk.responses.create(model="m", input=BAD, tools=[tool])
    assert (blocked.value.code, blocked.value.param) == ("content_filter", "input")
    assert running.upstream.bytes_received == 0


async def test_what_is_stored_is_refused_unless_a_policy_lets_it_pass(tmp_path: Path) -> None:
    async with stack() as running, client(running) as sdk:
        with pytest.raises(openai.BadRequestError) as refused:
            await sdk.responses.create(model="m", input="hello", previous_response_id="resp_1")
    assert (refused.value.code, refused.value.param) == ("unscannable_content", "previous_response_id")
    assert "unscanned: [previous_response]" in str(refused.value)
    passing = "unscanned: [previous_response]\n"
    async with under(tmp_path, passing, speaking("Paris.")) as running, client(running) as sdk:
        answer = await sdk.responses.with_raw_response.create(model="m", input="x", previous_response_id="resp_1")
    assert answer.headers["x-guardian-unscanned"] == "previous_response"


ANNOTATED = "rules:\n  - {name: seen, match: {verdict: safe}, action: forward, annotate: true}\n"


@pytest.mark.parametrize("stream", [False, True])
async def test_the_verdict_is_in_the_upstreams_response(tmp_path: Path, *, stream: bool) -> None:
    async with under(tmp_path, ANNOTATED, speaking("Paris.")) as running, client(running) as sdk:
        if stream:
            first = await anext(aiter(await sdk.responses.create(model="m", input="hello", stream=True)))
            assert first.type == "response.created"
            answer = first.response
        else:
            answer = await sdk.responses.create(model="m", input="hello")
    assert answer.moderation is not None
    assert answer.moderation.input.type == "moderation_result"
    assert answer.moderation.input.flagged is False


async def test_an_agent_goes_on_with_what_it_got() -> None:
    """As OpenAI's guides do: the output is put behind the input, then the result of each call."""
    one = Spoken()
    output = [*one.begun(), *one.reasoning("Look it up."), *one.call('{"city": "Paris"}', 1), *one.ended()][-1]

    async def handler(request: Received, writer: Any) -> None:
        found = output if len(request.json["input"]) == 1 else Spoken().all("It rains.")[-1]
        writer.write(response(json.dumps({**found["response"]}).encode()))

    async with stack(handler) as running, client(running) as sdk:
        items: list[Any] = [{"role": "user", "content": "weather?"}]
        first = await sdk.responses.create(model="m", input=items, store=False)
        items += first.output
        items.append({"type": "function_call_output", "call_id": "call_1", "output": f"rain, {HARMFUL}"})
        blocked = await sdk.responses.create(model="m", input=items, store=False)
        items[-1]["output"] = "rain"
        answer = await sdk.responses.create(model="m", input=items, store=False)
    assert (blocked.output_text, answer.output_text) == (WORDS, "It rains.")
    assert len(running.upstream.received) == 2


def stopped() -> Talking:
    """An upstream that says something harmful when so much of it is out already."""
    events = events_of(f"{LEAD}and then {HARMFUL} comes, with more words after it to the end.")
    return Talking(events[:40], events[40:])


@pytest.mark.parametrize(("policy", "words"), [(BLOCK, ""), (RESPOND, "\n\nWithheld.")])
async def test_a_stream_that_is_stopped_ends_as_one_of_openais(tmp_path: Path, policy: str, words: str) -> None:
    upstream = stopped()
    async with under(tmp_path, policy, upstream) as running, client(running) as sdk:
        async with sdk.responses.stream(model="m", input="tell me") as stream:
            events = []
            async for event in stream:
                events.append(event)
                if event.type == "response.output_text.delta":
                    upstream.go.set()
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details is not None
    assert last.response.incomplete_details.reason == "content_filter"
    assert (last.response.id, last.response.output_text) == ("resp_up", said)
    assert said.endswith(words)
    assert said.removesuffix(words) == (LEAD + "and then ")[: len(said) - len(words)]
    assert [event.sequence_number for event in events] == list(range(len(events)))


async def test_a_stream_of_json_that_is_stopped_breaks_no_parser(tmp_path: Path) -> None:
    upstream = stopped()
    async with under(tmp_path, RESPOND, upstream) as running, client(running) as sdk:
        async with sdk.responses.stream(model="m", input="tell me", text_format=City) as stream:
            events = []
            async for event in stream:
                events.append(event)
                if event.type == "response.output_text.delta":
                    upstream.go.set()
    refusals = [event.delta for event in events if event.type == "response.refusal.delta"]
    assert "".join(refusals).strip() == "Withheld."
    assert events[-1].type == "response.incomplete"


async def test_an_error_is_openais(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text(HEAD)
    async with stack(policies=tmp_path) as running, client(running) as sdk:
        with pytest.raises(openai.BadRequestError) as refused:
            await sdk.responses.create(model="m", input=[{"type": "poem"}])  # type: ignore[list-item]
        with pytest.raises(openai.PermissionDeniedError):
            await sdk.responses.retrieve("resp_1")
    assert (refused.value.code, refused.value.param) == ("unknown_item", "input[0]")
