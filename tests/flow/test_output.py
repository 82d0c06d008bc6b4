"""The output phase: nothing of an upstream's answer reaches the client before it was judged."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.flow.policies import ask, done, saying, under
from tests.guardian.parts import free_places
from tests.servers import HARMFUL, GuardianScript, Handler, Received, completion_chunk, completion_object, response

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


def sending(raw: bytes) -> Handler:
    async def handler(request: Received, writer: object) -> None:
        writer.write(raw)  # type: ignore[attr-defined]

    return handler


def sse(body: bytes, headers: bytes = b"") -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n" % len(body)
    return head + headers + b"\r\n" + body


SPOKEN = completion_object(f"Bluebird {HARMFUL}")
PIECE = completion_chunk({"content": f"Bluebird {HARMFUL}"})


@pytest.mark.parametrize("policy", [WORDS, rules("block")])
@pytest.mark.parametrize(
    "answer",
    [
        sse(PIECE + b'data: {"error": {"message": "broke off"}}\n\n'),
        sse(PIECE[:-9]),
        sse(SPOKEN),
        sse(b""),
        sse(b"\xef\xbb\xbf" + PIECE + b"data: [DONE]\n\n"),
        response(b"\x1f\x8b Bluebird"),
        response(SPOKEN, "201 Created"),
        response(SPOKEN, "203 Non-Authoritative Information"),
    ],
)
async def test_what_cannot_be_judged_is_kept_back_whoever_judges(tmp_path: Path, policy: str, answer: bytes) -> None:
    async with under(tmp_path, policy, sending(answer)) as given:
        told = await ask(given, "hello", stream=True)
    assert told.status_code in (400, 503)
    assert b"luebird" not in told.content


async def test_a_long_answer_is_kept_back_under_words_and_passes_where_a_rule_says_so(tmp_path: Path) -> None:
    loose = rules("block") + "  - {name: long, phase: output, match: {error: too_long}, action: forward}\n"
    for policy, status in ((WORDS, 503), (loose, 200)):
        async with under(tmp_path, policy, saying("x" * 5000), limits={"body_bytes": 2000}) as given:
            answer = await ask(given, "hello")
        assert (answer.status_code, "x" * 5000 in answer.text) == (status, status == 200)


async def test_a_judged_answer_leaves_no_slot_of_the_guardian_taken(tmp_path: Path) -> None:
    async with under(tmp_path, rules("{respond: guardian}"), saying(BAD)) as given:
        guardian = given.gateway.guardians["default"]
        before = free_places(guardian)
        answers = [await ask(given, "hello", stream=stream) for stream in (False, True, False)]
    assert all("sorry" in answer.text for answer in answers)
    assert free_places(guardian) == before
