"""The output phase: nothing of an upstream's answer reaches the client before it was judged."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.flow.policies import ask, done, saying, under
from tests.servers import HARMFUL, GuardianScript, Received, completion_object, response

OUTPUT = """
responses: {gone: {text: Withheld.}}
rules:
  - {name: leak, phase: output, match: {verdict: unsafe}, action: ACTION}
"""
WORDS = "rules:\n  - {name: secret, phase: output, match: {message: {words: bluebird}}, action: block}\n"
BAD = f"well, {HARMFUL} it is"


def rules(action: str) -> str:
    return OUTPUT.replace("ACTION", action)


@pytest.mark.parametrize("stream", [False, True])
async def test_an_unsafe_answer_is_replaced_and_no_byte_of_it_gets_out(tmp_path: Path, *, stream: bool) -> None:
    async with under(tmp_path, rules("{respond: gone}"), saying(BAD)) as given:
        answer = await ask(given, "hello", stream=stream)
    assert done(answer) == ("respond", "leak", "output")
    assert "Withheld." in answer.text
    assert "HARM" not in answer.text
    assert "well" not in answer.text


async def test_an_unsafe_answer_can_be_blocked(tmp_path: Path) -> None:
    async with under(tmp_path, rules("block"), saying(BAD)) as given:
        answer = await ask(given, "hello")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_filter")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_safe_answer_arrives_byte_for_byte(tmp_path: Path, *, stream: bool) -> None:
    async with under(tmp_path, rules("block"), saying("Paris.")) as given:
        judged = await ask(given, "hello", stream=stream)
    async with under(tmp_path, "", saying("Paris.")) as given:
        plain = await ask(given, "hello", stream=stream)
    assert (judged.content, judged.headers["content-type"]) == (plain.content, plain.headers["content-type"])
    assert judged.headers["x-guardian-scanned"] == "output"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_word_is_found_wherever_the_pieces_are_cut(tmp_path: Path, *, stream: bool) -> None:
    async with under(tmp_path, WORDS, saying("The project is Bluebird.")) as given:
        answer = await ask(given, "hello", stream=stream)
    assert done(answer) == ("block", "secret", "none")
    assert len(given.guardian.received) == 0


async def test_words_are_looked_for_in_every_field_of_a_choice(tmp_path: Path) -> None:
    async def handler(request: Received, writer: object) -> None:
        call = b'"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\\"q\\": \\"bluebird\\"}"}}]'
        body = completion_object("fine").replace(b'"refusal": null', b'"refusal": null, ' + call)
        writer.write(response(body))  # type: ignore[attr-defined]

    async with under(tmp_path, WORDS, handler) as given:
        answer = await ask(given, "hello")
    assert done(answer)[:2] == ("block", "secret")


async def test_a_failed_guardian_releases_nothing(tmp_path: Path) -> None:
    async with under(tmp_path, rules("block"), saying("Paris."), guardian=GuardianScript(cut_after=0)) as given:
        answer = await ask(given, "hello")
    assert (answer.status_code, *done(answer)) == (503, "block", "leak", "failed")


async def test_an_answer_that_cannot_be_read_is_not_released(tmp_path: Path) -> None:
    async def handler(request: Received, writer: object) -> None:
        writer.write(response(b"\x1f\x8b...", headers={"content-encoding": "gzip"}))  # type: ignore[attr-defined]

    async with under(tmp_path, rules("block"), handler) as given, httpx.AsyncClient() as client:
        body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
        answer = await client.post(f"{given.url}/v1/chat/completions", json=body)
    assert given.upstream.received[0].header("accept-encoding") is None
    assert (answer.status_code, answer.headers["x-guardian-scanned"]) == (503, "failed")


async def test_an_answer_over_the_limit_is_an_error_of_the_guardian(tmp_path: Path) -> None:
    text = rules("block") + "  - {name: long, phase: output, match: {error: too_long}, action: {respond: gone}}\n"
    async with under(tmp_path, text, saying("x" * 5000), limits={"body_bytes": 2000}) as given:
        answer = await ask(given, "hello")
    assert (answer.status_code, *done(answer)[:2]) == (200, "respond", "long")


async def test_a_cut_answer_is_cut_for_the_client_too(tmp_path: Path) -> None:
    async with under(tmp_path, rules("block"), saying("Paris, of course.", cut=True)) as given:
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(given, "hello", stream=True)


async def test_the_upstreams_own_error_passes(tmp_path: Path) -> None:
    async def handler(request: Received, writer: object) -> None:
        writer.write(response(b'{"error":{"message":"busy"}}', "429 Too Many Requests"))  # type: ignore[attr-defined]

    async with under(tmp_path, rules("block"), handler) as given:
        answer = await ask(given, "hello")
    assert (answer.status_code, answer.json()["error"]["message"]) == (429, "busy")
