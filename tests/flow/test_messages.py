"""Messages over real sockets: forwarded as they are, answered, stopped in the middle, and where they go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flow.policies import EVENTS, under
from tests.output.talking import BLOCK, RESPOND, Talking
from tests.servers import HARMFUL, Received, Stack, chunk, response, running, serving, settings, stack

PATH = "/v1/messages"
WHOLE = {
    "id": "msg_theirs",
    "type": "message",
    "role": "assistant",
    "model": "theirs",
    "content": [{"type": "text", "text": "Bananas, 1.0e400"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 3},
}


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def text(words: str) -> bytes:
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": words})


START = event("message_start", message={**WHOLE, "content": [], "stop_reason": None})
BEGIN = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
END = (
    event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3})
    + event("message_stop")
)
STORY = ["It is a long story, ", "and it begins like this. "] * 20


async def upstream(request: Received, writer: Any) -> None:
    if request.body and request.json.get("stream"):
        writer.write(EVENTS)
        for piece in (START, BEGIN, *map(text, STORY), END):
            writer.write(chunk(piece))
        writer.write(b"0\r\n\r\n")
    else:
        writer.write(response(json.dumps(WHOLE).encode()))
    await writer.drain()


async def ask(given: Stack, words: str, path: str = PATH, **more: Any) -> httpx.Response:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": words}], **more}
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(given.url + path, json=body, headers={"anthropic-version": "2023-06-01"})


def events(raw: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]


def said(raw: bytes) -> str:
    return "".join(one["delta"].get("text", "") for one in events(raw) if one["type"] == "content_block_delta")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_safe_message_passes_both_ways_as_it_is(*, stream: bool) -> None:
    async with stack(upstream) as given:
        answer = await ask(given, "hello", stream=stream, note=1.50)
    (request,) = given.upstream.received
    assert request.target == "/v1/messages"
    assert (request.header("anthropic-version"), request.json["note"]) == ("2023-06-01", 1.5)
    expected = b"".join([START, BEGIN, *map(text, STORY), END]) if stream else json.dumps(WHOLE).encode()
    assert (answer.status_code, answer.content) == (200, expected)
    assert answer.headers["x-guardian-scanned"] == "input"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_harmful_message_gets_the_guardians_answer(*, stream: bool) -> None:
    async with stack(upstream) as given:
        answer = await ask(given, HARMFUL, stream=stream)
    assert (answer.headers["x-guardian-action"], given.upstream.bytes_received) == ("respond", 0)
    if stream:
        found = events(answer.content)
        assert (said(answer.content), found[-2]["delta"]["stop_reason"]) == ("I'm sorry, no.", "end_turn")
    else:
        assert (answer.json()["content"][0]["text"], answer.json()["stop_reason"]) == ("I'm sorry, no.", "end_turn")


async def test_a_block_is_an_error_of_anthropics_shape(tmp_path: Path) -> None:
    rules = "rules: [{name: unsafe, match: {verdict: unsafe}, action: block}]\n"
    async with under(tmp_path, rules, upstream) as given:
        answer = await ask(given, HARMFUL)
    error = answer.json()["error"]
    assert (answer.status_code, answer.json()["type"], error["type"]) == (400, "error", "invalid_request_error")
    assert (error["code"], error["details"]["error_code"]) == ("content_filter", "content_filter")


@pytest.mark.parametrize(("rules", "words"), [(BLOCK, ""), (RESPOND, "\n\nWithheld.")])
async def test_a_stream_that_is_stopped_ends_as_a_refusal(tmp_path: Path, rules: str, words: str) -> None:
    talking = Talking([START, BEGIN, *map(text, STORY)], [*map(text, [HARMFUL, *STORY]), END])
    async with under(tmp_path, rules, talking) as given, httpx.AsyncClient(timeout=30) as client:
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
        async with client.stream("POST", given.url + PATH, json=body) as answer:
            pieces = answer.aiter_raw()
            raw = await anext(pieces)
            talking.go.set()
            raw += b"".join([piece async for piece in pieces])
    assert HARMFUL[:3] not in said(raw)
    assert said(raw).endswith(words)
    assert len(said(raw)) > 100
    kinds = [one["type"] for one in events(raw)]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("message_start") == 1
    assert events(raw)[-2]["delta"]["stop_reason"] == "refusal"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("words", ["hello", HARMFUL])
async def test_the_verdict_is_in_the_message_where_a_policy_asks_for_it(
    tmp_path: Path, words: str, *, stream: bool
) -> None:
    rules = "annotate: true\nresponses: {no: {text: No.}}\nrules:\n"
    rules += "  - {name: bad, match: {verdict: unsafe}, action: {respond: no}}\n"
    rules += "  - {name: good, match: {verdict: safe}, action: forward}\n"
    async with under(tmp_path, rules, upstream) as given:
        answer = await ask(given, words, stream=stream)
    message = events(answer.content)[0]["message"] if stream else answer.json()
    assert message["moderation"]["input"]["results"][0]["flagged"] is (words == HARMFUL)


async def test_counting_is_judged_and_never_answered() -> None:
    async with stack(upstream) as given:
        passed = await ask(given, "hello", f"{PATH}/count_tokens")
        blocked = await ask(given, HARMFUL, f"{PATH}/count_tokens")
    assert [request.target for request in given.upstream.received] == ["/v1/messages/count_tokens"]
    assert (passed.status_code, blocked.status_code) == (200, 400)
    assert blocked.json()["error"]["code"] == "content_filter"


async def test_its_route_and_its_key_are_its_own() -> None:
    """The caller's key stays behind where the upstream has one; counting and an Anthropic client's models go along."""
    async with running(upstream) as anthropic, stack(upstream) as other:
        theirs = {"base_url": anthropic.base_url, "api_key": "secret", "key_header": "x-api-key"}
        more = {"upstreams": {"anthropic": theirs}, "routes": {"messages": "anthropic"}}
        async with serving(settings(other.upstream, other.guardian, **more)) as given, httpx.AsyncClient() as client:
            mine = {"x-api-key": "mine", "authorization": "Bearer mine", "anthropic-version": "2023-06-01"}
            body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
            for path in (PATH, f"{PATH}/count_tokens"):
                await client.post(given.url + path, json=body, headers=mine)
            await client.get(f"{given.url}/v1/models", headers=mine)
            await client.get(f"{given.url}/v1/models", headers={"authorization": "Bearer mine"})
    assert [one.target for one in anthropic.received] == ["/v1/messages", "/v1/messages/count_tokens", "/v1/models"]
    assert {one.header("x-api-key") for one in anthropic.received} == {"secret"}
    assert {one.header("authorization") for one in anthropic.received} == {None}
    assert [(one.target, one.header("authorization")) for one in other.upstream.received] == [
        ("/v1/models", "Bearer mine")
    ]


async def test_a_path_below_it_that_is_not_served_is_told_in_its_shape() -> None:
    async with stack(upstream) as given, httpx.AsyncClient() as client:
        answer = await client.post(f"{given.url}{PATH}/poems", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_endpoint")
    assert answer.json()["error"]["type"] == "not_found_error"


@pytest.mark.parametrize(
    ("routes", "told"),
    [({"poems": "default"}, "`poems`, which is not served"), ({"messages": "nobody"}, "unknown upstream `nobody`")],
)
async def test_a_route_that_leads_nowhere_is_told_at_start(routes: dict[str, str], told: str) -> None:
    from gateway.errors import ConfigurationError

    async with stack(upstream) as other:
        with pytest.raises(ConfigurationError, match=told):
            async with serving(settings(other.upstream, other.guardian, routes=routes)):
                pass
