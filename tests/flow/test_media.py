"""Pictures and sound through the official SDK: judged, forwarded byte for byte, and blocked as OpenAI itself does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from gateway.surfaces.multipart import parse_form
from tests.flow.policies import under
from tests.servers import HARMFUL, Received, Stack, chunk, response, stack
from tests.surfaces.forms import HEADERS, file, form, text

UNSAFE = "rules: [{name: unsafe, match: {verdict: unsafe}, action: block}]\n"
OPEN = f"unscanned: [audio, image]\n{UNSAFE}"
SOUND = bytes(range(256)) * 40
PICTURES = {"created": 1, "data": [{"b64_json": "aGk=", "revised_prompt": "a red boat"}]}
TRANSCRIPT = {"text": "we met", "usage": {"type": "duration", "seconds": 1}}
SUBTITLES = "1\n00:00:00,000 --> 00:00:02,000\nwe met\n"


@asynccontextmanager
async def client(running: Stack) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{running.url}/v1", api_key="sk-caller", max_retries=0) as sdk:
        yield sdk


def answering(body: bytes, content_type: str = "application/json") -> Any:
    async def handler(request: Received, writer: Any) -> None:
        writer.write(response(body, content_type=content_type, headers={"x-own": "yes"}))

    return handler


async def test_a_picture_is_made_from_a_judged_prompt() -> None:
    async with stack(answering(json.dumps(PICTURES).encode())) as running, client(running) as sdk:
        made = await sdk.images.generate(model="gpt-image-1", prompt="a boat")
    assert made.data is not None
    assert made.data[0].b64_json == "aGk="
    assert running.upstream.received[0].target == "/v1/images/generations"


async def test_a_prompt_that_is_blocked_is_told_as_openai_tells_it(tmp_path: Path) -> None:
    async with under(tmp_path, OPEN) as running, client(running) as sdk:
        with pytest.raises(openai.BadRequestError) as made:
            await sdk.images.generate(model="gpt-image-1", prompt=HARMFUL)
        with pytest.raises(openai.BadRequestError) as edited:
            await sdk.images.edit(model="gpt-image-1", prompt=HARMFUL, image=("a.png", b"\x89PNG", "image/png"))
        with pytest.raises(openai.BadRequestError) as spoken:
            await sdk.audio.speech.create(model="tts-1", voice="alloy", input=HARMFUL)
        with pytest.raises(openai.BadRequestError) as heard:
            await sdk.audio.transcriptions.create(model="w", prompt=HARMFUL, file=("a.mp3", SOUND, "audio/mpeg"))
    for error in (made, edited):
        assert (error.value.code, error.value.type) == ("moderation_blocked", "image_generation_user_error")
    assert [(error.value.code, error.value.param) for error in (spoken, heard)] == [
        ("content_filter", "input"),
        ("content_filter", "prompt"),
    ]
    assert made.value.response.headers["x-guardian-rule"] == "unsafe"
    assert running.upstream.bytes_received == 0


async def test_sound_passes_as_it_is_where_a_policy_says_so(tmp_path: Path) -> None:
    async with under(tmp_path, OPEN, upstream=answering(json.dumps(TRANSCRIPT).encode())) as running:
        async with client(running) as sdk:
            raw = await sdk.audio.transcriptions.with_raw_response.create(
                model="whisper-1",
                file=("we met.mp3", SOUND, "audio/mpeg"),
                prompt="names",
                timestamp_granularities=["word", "segment"],
                chunking_strategy={"type": "server_vad"},
            )
    assert raw.headers["x-guardian-unscanned"] == "audio"
    assert (raw.headers["x-guardian-scanned"], raw.http_response.json()) == ("input", TRANSCRIPT)
    received = running.upstream.received[0]
    parts = parse_form(received.body, {"content-type": str(received.header("content-type"))})
    assert {part.name: part.content for part in parts}["file"] == SOUND
    assert ("file", "we met.mp3") in [(part.name, part.filename) for part in parts]


@pytest.mark.parametrize("end", [b"", b"\r\n"])
async def test_a_form_is_forwarded_byte_for_byte(end: bytes, tmp_path: Path) -> None:
    sent = form(text("prompt", "names"), file("file", SOUND)).removesuffix(b"\r\n") + end
    async with under(tmp_path, OPEN) as running, httpx.AsyncClient() as http:
        await http.post(f"{running.url}/v1/audio/translations?a=b", content=sent, headers=HEADERS)
    received = running.upstream.received[0]
    assert (received.body, received.target) == (sent, "/v1/audio/translations?a=b")
    assert received.header("content-type") == HEADERS["content-type"]


async def test_sound_is_refused_without_a_policy_and_the_upstream_gets_nothing() -> None:
    async with stack() as running, client(running) as sdk:
        with pytest.raises(openai.BadRequestError, match=r"`file` is `audio`.*unscanned: \[audio\]") as error:
            await sdk.audio.transcriptions.create(model="whisper-1", file=("a.mp3", SOUND, "audio/mpeg"))
    assert error.value.code == "unscannable_content"
    assert running.upstream.bytes_received == 0


async def test_a_rule_may_choose_another_model_for_a_form(tmp_path: Path) -> None:
    rules = "rules: [{name: small, match: {model: whisper-1}, action: {forward: {model: whisper-small}}}]\n"
    async with under(tmp_path, f"unscanned: audio\n{rules}") as running, httpx.AsyncClient() as http:
        sent = form(text("model", "whisper-1"), file("file", SOUND))
        await http.post(f"{running.url}/v1/audio/transcriptions", content=sent, headers=HEADERS)
    found = parse_form(running.upstream.received[0].body, HEADERS)
    assert [(part.name, part.content) for part in found] == [("model", b"whisper-small"), ("file", SOUND)]


OUTPUT = "version: 1\nphase: output\nrules: [{name: words, match: {message: {words: [met, red]}}, action: block}]\n"
STREAM = [
    {"type": "transcript.text.delta", "delta": "we m"},
    {"type": "transcript.text.delta", "delta": "et"},
    {"type": "transcript.text.done", "text": "we met"},
]


async def streaming(request: Received, writer: Any) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for one in STREAM:
        writer.write(chunk(b"data: " + json.dumps(one).encode() + b"\n\n"))
    writer.write(b"0\r\n\r\n")


@pytest.mark.parametrize(
    ("path", "upstream", "blocked"),
    [
        ("audio/transcriptions", answering(json.dumps(TRANSCRIPT).encode()), True),
        ("audio/transcriptions", answering(SUBTITLES.encode(), "text/plain"), True),
        ("audio/transcriptions", answering(SUBTITLES.replace("met", "eat").encode(), "text/plain"), False),
        ("audio/translations", answering(SUBTITLES.encode(), "text/vtt"), True),
        ("audio/transcriptions", streaming, True),
        ("images/edits", answering(json.dumps(PICTURES).encode()), True),
        ("images/edits", answering(json.dumps(PICTURES).replace("red", "blue").encode()), False),
    ],
)
async def test_output_rules_judge_the_words_of_an_answer(
    path: str, upstream: Any, blocked: bool, tmp_path: Path
) -> None:
    (tmp_path / "20.yaml").write_text(OUTPUT)
    sent = form(text("prompt", "hello"), text("stream", "true"), file("file" if "audio" in path else "image"))
    async with under(tmp_path, OPEN, upstream=upstream) as running, httpx.AsyncClient() as http:
        answer = await http.post(f"{running.url}/v1/{path}", content=sent, headers=HEADERS)
    expected = ("block", 400) if blocked else ("forward", 200)
    assert (answer.headers["x-guardian-action"], answer.status_code) == expected
    assert ("met" in answer.text, "red boat" in answer.text) == (False, False)
    assert len(running.upstream.received) == 1


async def test_sound_that_is_made_passes_under_output_rules_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "20.yaml").write_text(OUTPUT)
    limits = {"body_bytes": 1000}
    async with under(tmp_path, OPEN, upstream=answering(SOUND, "audio/mpeg"), limits=limits) as running:
        async with client(running) as sdk:
            made = await sdk.audio.speech.create(model="tts-1", voice="alloy", input="we met")
    assert made.content == SOUND
    assert made.response.headers["x-guardian-action"] == "forward"
