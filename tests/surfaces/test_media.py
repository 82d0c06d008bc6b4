"""What is read of queries for pictures and sound, and of the answers to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest, RequestError
from gateway.surfaces.audio import Speech, Transcriptions
from gateway.surfaces.images import ImageEdits, ImageGenerations, ImageVariations
from gateway.surfaces.media import Media
from gateway.surfaces.media_answer import MediaAnswer
from gateway.surfaces.multipart import parse_form
from gateway.surfaces.surface import answer_texts
from gateway.types import Arrival, Query
from tests.surfaces.forms import HEADERS, file, form, text

ARRIVAL = Arrival("r")
FILE = file("file")


def read(surface: Media, sent: dict[str, Any] | bytes) -> Query:
    if isinstance(sent, bytes):
        return surface.read(sent, HEADERS, ARRIVAL)
    return surface.read(json.dumps(sent).encode(), {"content-type": "application/json"}, ARRIVAL)


def refused(surface: Media, sent: dict[str, Any] | bytes) -> str:
    with pytest.raises(RequestError) as error:
        read(surface, sent)
    return str(error.value.code)


def test_a_prompt_is_judged_and_settings_are_not() -> None:
    query = read(ImageGenerations(), {"model": "gpt-image-1", "prompt": "a boat", "size": "1024x1024", "n": 2})
    assert (query.model, query.stream, query.messages[0].texts) == ("gpt-image-1", False, ("a boat",))
    assert (query.surface, query.unscanned) == ("image_generations", ())


def test_a_form_is_read_as_json_is() -> None:
    sent = form(text("model", "whisper-1"), text("prompt", "names"), text("stream", "true"), FILE)
    query = read(Transcriptions(), sent)
    assert (query.model, query.stream, query.messages[0].texts) == ("whisper-1", True, ("names",))
    assert [(one.name, one.at) for one in query.unscanned] == [("audio", "file")]
    assert query.raw == sent


def test_pictures_are_unscanned_by_their_address_too() -> None:
    sent = {"prompt": "a boat", "images": [{"image_url": "https://x/y.png"}, {"file_id": "a text instead"}]}
    query = read(ImageEdits(), sent)
    assert [(one.name, one.at) for one in query.unscanned] == [("image", "images")]
    assert query.messages[0].texts == ("a boat", "a text instead")


@pytest.mark.parametrize(
    ("surface", "sent", "code"),
    [
        (ImageGenerations(), {"model": "m"}, "missing_field"),
        (ImageGenerations(), {"prompt": ["a", "b"]}, "invalid_type"),
        (ImageGenerations(), {"prompt": {"text": "a"}}, "invalid_type"),
        (ImageGenerations(), {"prompt": "a", "model": 5}, "invalid_type"),
        (ImageGenerations(), {"prompt": "a", "PROMPT": "b"}, "ambiguous_key"),
        (ImageGenerations(), form(text("prompt", "a")), "unsupported_content_type"),
        (ImageVariations(), {"image": "x"}, "unsupported_content_type"),
        (Speech(), {"model": "m"}, "missing_field"),
        (Transcriptions(), form(text("model", "m")), "missing_field"),
        (Transcriptions(), form(text("file", "m")), "invalid_multipart"),
        (Transcriptions(), form(file("prompt"), FILE), "invalid_multipart"),
        (Transcriptions(), form(file("attachment"), FILE), "invalid_multipart"),
        (Transcriptions(), form(FILE, FILE), "duplicate_key"),
        (Transcriptions(), form(text("prompt", "a"), text("prompt", "b"), FILE), "duplicate_key"),
        (Transcriptions(), form(text("x", "a"), text("x", "b"), FILE), "duplicate_key"),
        (Transcriptions(), form(text("Prompt", "a"), FILE), "ambiguous_key"),
        (Transcriptions(), form(text("prompt[]", "a"), FILE), "ambiguous_key"),
        (Transcriptions(), form(text("prompt.x", "a"), FILE), "ambiguous_key"),
        (Transcriptions(), form(text("model[0]", "a"), FILE), "ambiguous_key"),
        (Transcriptions(), form(text("notes", "a"), text("notes[0]", "b"), FILE), "ambiguous_key"),
        (ImageEdits(), form(text("prompt", "a"), file("image"), file("image[]")), "ambiguous_key"),
        (
            Transcriptions(),
            form(b'Content-Disposition: form-data; name="prompt"\r\n\r\n\xff', FILE),
            "invalid_multipart",
        ),
    ],
)
def test_what_has_no_one_meaning_is_refused(surface: Media, sent: dict[str, Any] | bytes, code: str) -> None:
    assert refused(surface, sent) == code


def test_repeated_fields_and_the_members_of_an_object_are_read() -> None:
    members = (text("chunking_strategy[type]", "server_vad"), text("chunking_strategy[threshold]", "0.5"))
    twice = (text("include[]", "logprobs"), text("include[]", "other"))
    assert read(Transcriptions(), form(*members, *twice, FILE)).body["include[]"] == ["logprobs", "other"]


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}(_[a-z]+)?", fullmatch=True), st.text(max_size=30), max_size=4))
def test_no_text_of_a_form_passes_unread(fields: dict[str, str]) -> None:
    known = Transcriptions.fields.known | {"file"}
    others = {name: value for name, value in fields.items() if name not in known}
    query = read(Transcriptions(), form(FILE, *(text(name, value) for name, value in others.items())))
    assert sorted(query.messages[0].texts) == sorted(value for value in others.values() if value)


def test_another_model_is_put_in_and_a_system_prompt_is_refused() -> None:
    sent = form(text("model", "whisper-1"), FILE)
    query = read(Transcriptions(), sent)
    again = parse_form(Transcriptions().rewritten(query, "other", None), HEADERS)
    assert [(part.name, part.content) for part in again] == [("model", b"other"), ("file", b"\x00\xff\r\n")]
    picture = read(ImageEdits(), {"prompt": "a boat", "model": "m"})
    assert json.loads(ImageEdits().rewritten(picture, "other", None)) == {"prompt": "a boat", "model": "other"}
    with pytest.raises(BadRequest, match="system prompt"):
        Transcriptions().rewritten(query, None, "be careful")


def said(*events: Any, plain: bool = True) -> tuple[str, ...] | None:
    class Answering(Transcriptions):
        def answer(self) -> MediaAnswer:
            return MediaAnswer(plain=plain)

    return answer_texts(Answering(), [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events])


SEGMENT = {"id": 0, "text": "we met", "tokens": [1], "speaker": "agent"}
SUBTITLES = b"1\n00:00:00,000 --> 00:00:02,000\nwe met\n"


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([{"text": "we met"}], ("we met",)),
        (
            [{"task": "transcribe", "language": "english", "text": "we met", "segments": [SEGMENT]}],
            ("we met", "we met"),
        ),
        ([{"text": "a", "words": [{"word": "a", "start": 0}], "logprobs": [{"token": "a"}]}], ("a", "a")),
        ([{"text": "a", "speaker": "a whole sentence"}], ("a", "a whole sentence")),
        ([SUBTITLES], (SUBTITLES.decode(),)),
        ([b"42"], ("42",)),
        (["quoted"], ('"quoted"',)),
        (
            [
                {"type": "transcript.text.delta", "delta": "we "},
                {"type": "transcript.text.delta", "delta": "met", "logprobs": [{"token": "met"}]},
                {"type": "transcript.text.done", "text": "we met"},
                b"[DONE]",
            ],
            ("we met", "we met"),
        ),
        ([b"\xff\xfb\x90"], None),
    ],
)
def test_the_words_of_a_transcript_are_read_in_any_format(events: list[Any], found: tuple[str, ...] | None) -> None:
    assert said(*events) == found


def test_the_words_of_pictures_are_read_and_the_pictures_are_not() -> None:
    answer = {"created": 1, "data": [{"b64_json": "aGk=", "url": "https://x/y?z=1", "revised_prompt": "a red boat"}]}
    assert said(answer, plain=False) == ("a red boat",)
    assert said({"type": "image_generation.partial_image", "b64_json": "aGk="}, plain=False) == ()
    assert said({"data": [{"url": "a whole sentence"}]}, plain=False) == ("a whole sentence",)
    assert said(b"no json", plain=False) is None
