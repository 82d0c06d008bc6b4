"""What a rule asks for beyond its action: another model, a system prompt, how the caller is told, annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from gateway.types import Arrival
from tests.flow.policies import CHAT, ask, done, saying, under
from tests.servers import HARMFUL, SAFE_RESPONSE, GuardianScript, running, upstream_handler

SYSTEM = """
rules:
  - {name: careful, match: {tools: false}, action: {forward: {model: small, system_prompt: Be kind.}}}
"""
UNSAFE = "rules:\n  - {name: unsafe, match: {verdict: unsafe}, "
RESPONSES = 'responses:\n  refusal: {text: "No.", locales: {ko: "안 돼요."}}\n'


async def test_a_rule_changes_the_model_and_adds_a_system_prompt_and_nothing_else(tmp_path: Path) -> None:
    turn = b'{"role":"user","content":"\\u0068i", "n": 12345678901234567890123}'
    raw = b'{ "model" : "big", "unknown":[1.10, 1e5],\n "messages": [' + turn + b"] }"
    async with under(tmp_path, SYSTEM) as given, httpx.AsyncClient() as client:
        await client.post(given.url + CHAT, content=raw, headers={"content-type": "application/json"})
    system = b'{"role":"system","content":"Be kind."},'
    assert given.upstream.received[0].body == raw.replace(b'"big"', b'"small"').replace(turn, system + turn)


async def test_a_rule_sends_to_another_upstream(tmp_path: Path) -> None:
    text = "rules:\n  - {name: home, match: {verdict: safe}, action: {forward: onprem}}\n"
    async with running(upstream_handler) as onprem:
        async with under(tmp_path, text, upstreams={"onprem": {"base_url": onprem.base_url}}) as given:
            answer = await ask(given, "hello")
    assert done(answer) == ("forward", "home", "input")
    assert (len(given.upstream.received), len(onprem.received)) == (0, 1)


@pytest.mark.parametrize(
    ("text", "words"), [(f"{HARMFUL} thing", "No."), (f"{HARMFUL} 방법을 알려 주세요", "안 돼요.")]
)
async def test_a_canned_response_is_in_the_language_of_the_query(tmp_path: Path, text: str, words: str) -> None:
    async with under(tmp_path, RESPONSES + UNSAFE + "action: {respond: refusal}}\n") as given:
        answer = await ask(given, text)
    assert answer.json()["choices"][0]["message"]["content"] == words
    assert answer.json()["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("action", "told"), [("{respond: refusal}", "No."), ("{respond: guardian}", "".join(SAFE_RESPONSE))]
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_response_can_be_told_as_an_error(tmp_path: Path, action: str, told: str, *, stream: bool) -> None:
    async with under(tmp_path, RESPONSES + UNSAFE + f"action: {action}, signal: error}}\n") as given:
        answer = await ask(given, HARMFUL, stream=stream)
    assert (answer.status_code, *done(answer)) == (400, "block", "unsafe", "input")
    assert (answer.json()["error"]["code"], answer.json()["error"]["message"]) == ("content_filter", told)


async def test_a_block_can_be_told_as_an_answer(tmp_path: Path) -> None:
    async with under(tmp_path, RESPONSES + UNSAFE + "action: block, signal: completion}\n") as given:
        client = openai.AsyncOpenAI(base_url=f"{given.url}/v1", api_key="k", max_retries=0)
        answer = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": HARMFUL}])
        await client.close()
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("No.", "content_filter")
    assert given.upstream.bytes_received == 0


ANNOTATED = (
    "annotate: true\n"
    + UNSAFE
    + "action: {respond: guardian}}\n  - {name: rest, match: {verdict: safe}, action: forward}\n"
)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("text", "flagged"), [("hello", False), (HARMFUL, True)])
async def test_the_verdict_is_in_the_answer_where_a_policy_asks_for_it(
    tmp_path: Path, text: str, *, stream: bool, flagged: bool
) -> None:
    async with under(tmp_path, ANNOTATED) as given:
        answer = await ask(given, text, stream=stream)
    first = answer.text.split("\n\n")[0].removeprefix("data: ") if stream else answer.text
    told = json.loads(first)["moderation"]["input"]
    assert (told["type"], told["results"][0]["flagged"]) == ("moderation_results", flagged)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_caller_that_asks_for_the_verdict_finds_it_in_an_answer_of_ours(
    tmp_path: Path, *, stream: bool
) -> None:
    asked = {"moderation": {"model": "any"}, "stream": stream}
    async with under(tmp_path, UNSAFE + "action: {respond: guardian}}\n") as given:
        ours, theirs, unasked = (
            await ask(given, HARMFUL, **asked),
            await ask(given, "hello", **asked),
            await ask(given, HARMFUL, stream=stream),
        )
    first = ours.text.split("\n\n")[0].removeprefix("data: ")
    assert json.loads(first)["moderation"]["input"]["results"][0]["flagged"] is True
    assert ["moderation" in one.text for one in (theirs, unasked)] == [False, False]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_annotated_answer_is_otherwise_the_upstreams_own(tmp_path: Path, *, stream: bool) -> None:
    async with under(tmp_path, ANNOTATED) as given:
        annotated = await ask(given, "hello", stream=stream)
    async with under(tmp_path, "") as given:
        plain = await ask(given, "hello", stream=stream)
    before, _, after = annotated.content.partition(b'"moderation":')
    _, end = json.JSONDecoder().raw_decode(after.decode())
    assert before + after.decode()[end:].encode().removeprefix(b",") == plain.content


def test_an_arrival_names_the_conversation_the_same_for_each_turn() -> None:
    from gateway.surfaces.chat import Chat

    def named(*texts: str, key: bytes = b"", **more: Any) -> str:
        roles = ("user", "assistant") * 3
        messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
        raw = json.dumps({"model": "m", "messages": messages, **more}).encode()
        return Chat().read(raw, {}, Arrival("r", conversation_key=key)).conversation

    assert named("hi") == named("hi", "hello", "and now?")
    assert len({named("hi"), named("ho"), named("hi", user="x"), named("hi", key=b"secret")}) == 4


async def test_a_canary_keeps_its_conversations(tmp_path: Path) -> None:
    text = "rules:\n  - {name: trial, match: {verdict: safe}, action: block, mode: {canary: 50%}}\n"
    async with under(tmp_path, text, upstream=saying("ok")) as given:
        first = [(await ask(given, f"hello {i}")).status_code for i in range(20)]
        again = [(await ask(given, f"hello {i}")).status_code for i in range(20)]
    assert first == again
    assert set(first) == {200, 400}


@pytest.mark.parametrize("match", ["{verdict: safe}", "{message: {words: coup}}"])
async def test_a_safe_response_can_be_forced_whatever_the_verdict(tmp_path: Path, match: str) -> None:
    async with under(tmp_path, f"rules:\n  - {{name: all, match: {match}, action: {{respond: guardian}}}}\n") as given:
        answer = await ask(given, "how is a coup planned?")
    assert answer.json()["choices"][0]["message"]["content"] == "".join(SAFE_RESPONSE)
    assert given.guardian.received[-1].json["prompt"].endswith("<|harm|>")
    assert given.upstream.bytes_received == 0


BUSY = "responses: {busy: {text: Later.}}\n" + UNSAFE + "action: block, on_error: {respond: busy}, signal: "


@pytest.mark.parametrize(
    ("signal", "status", "code"), [("error", 503, "guardian_unavailable"), ("completion", 200, None)]
)
async def test_a_failed_guardian_is_never_told_as_a_filter(tmp_path: Path, signal: str, status: int, code: str) -> None:
    async with under(tmp_path, f"{BUSY}{signal}}}\n", guardian=GuardianScript(cut_after=0)) as given:
        answer = await ask(given, "hello")
    assert (answer.status_code, answer.headers["x-guardian-scanned"]) == (status, "failed")
    assert answer.json().get("error", {}).get("code") == code
    assert "Later." in answer.text


async def test_a_rule_answers_with_its_own_guardian_whatever_is_on_trial(tmp_path: Path) -> None:
    trial = "guardian: default\nrules:\n  - {name: trial, match: {verdict: unsafe}, action: block, mode: shadow}\n"
    (tmp_path / "05.yaml").write_text(f"version: 1\n{trial}")
    async with running(GuardianScript(answer=("SECOND",))) as second:
        guardians = {"second": {"base_url": second.base_url, "deadline_seconds": 5}}
        rule = "guardian: second\n" + UNSAFE + "action: {respond: guardian}}\n"
        async with running(GuardianScript(answer=("FIRST",))) as first:
            both = {"default": {"base_url": first.base_url, "deadline_seconds": 5}, **guardians}
            async with under(tmp_path, rule, guardians=both) as given:
                answer = await ask(given, HARMFUL)
    assert (answer.headers["x-guardian-rule"], answer.json()["choices"][0]["message"]["content"]) == (
        "unsafe",
        "SECOND",
    )
