"""Content parts of an item: what each says, and what of it no guardian can see. What is not known is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gateway.errors import BadRequest
from gateway.surfaces.members import other_texts, prose_of, refuse_lookalikes
from gateway.unscanned import Unscanned

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "input_text": "text",
        "output_text": "text",
        "refusal": "refusal",
        "text": "text",
        "summary_text": "text",
        "reasoning_text": "text",
    }
)
"""By type, the field that has the text."""
MEDIA: Mapping[str, str] = MappingProxyType(
    {
        "input_image": "image",
        "input_file": "file",
        "input_audio": "audio",
        "computer_screenshot": "image",
        "image_url": "image",
        "video_url": "video",
        "audio_url": "audio",
        "file": "file",
    }
)
"""What no guardian can see, by the name that policies have for it. The last four are chat's: some servers take them."""
PICTURE = frozenset({"image_url", "file_id"})
DATA: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "input_image": PICTURE,
        "computer_screenshot": PICTURE,
        "input_file": frozenset({"file_data", "file_url", "file_id"}),
    }
)
"""By type, the fields with the media itself, or its address; of any other it is the field that is called like it."""
HOLDERS = frozenset({"image_url", "file_id", "file_data", "file_url", "input_audio", "video_url", "audio_url"}) | {
    *("file", "image", "audio", "video", "image_pil", "image_embeds", "audio_embeds", "input_image", "input_file")
}
FIELDS = HOLDERS | {"type", "text", "refusal"}
MARKS = frozenset({"type", "detail", "prompt_cache_breakpoint"})


def content_of(value: object, at: str) -> Iterator[str | Unscanned]:
    """A text, or a list of parts; of a single part too, which some servers take."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from part_of(value, at)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from part_of(part, f"{at}[{i}]")
    elif value is not None:
        raise BadRequest(f"`{at}` must be a string or a list of parts", code="invalid_input", param=at)


def part_of(part: object, at: str) -> Iterator[str | Unscanned]:
    if isinstance(part, str):
        yield part
        return
    fields: Mapping[str, Any] = part if isinstance(part, dict) else {}
    kind = str(fields.get("type"))
    if kind not in TEXTS and kind not in MEDIA:
        raise BadRequest(
            f"`{at}` has the unknown type `{kind}`: send text parts", code="unknown_content_part", param=at
        )
    refuse_lookalikes(fields, FIELDS, at)
    yield from text_part(fields, kind, at) if kind in TEXTS else media_part(fields, kind, at)


def text_part(part: Mapping[str, Any], kind: str, at: str) -> Iterator[str]:
    """Of one that is text by its type and media by its fields, some servers take the media."""
    refuse_mixed(part, HOLDERS, kind, at)
    text = part.get(TEXTS[kind])
    if not isinstance(text, str):
        raise BadRequest(f"`{at}.{TEXTS[kind]}` must be a string", code="invalid_input", param=at)
    yield text
    yield from other_texts(part, MARKS | {TEXTS[kind]}, ids=("id",))


def media_part(part: Mapping[str, Any], kind: str, at: str) -> Iterator[str | Unscanned]:
    """Media, and what is said beside it: a file's name, an address that is a sentence."""
    data = DATA.get(kind, frozenset({kind}))
    refuse_mixed(part, (HOLDERS | {"text", "refusal"}) - data, kind, at)
    yield Unscanned(MEDIA[kind], at, kind)
    for name in sorted(data):
        yield from prose_of(part.get(name))
    yield from other_texts(part, MARKS | data, ids=("id", "uuid"))


def refuse_mixed(part: Mapping[str, Any], others: frozenset[str], kind: str, at: str) -> None:
    found = sorted(others & part.keys())
    if found:
        told = f"`{at}` of type `{kind}` holds `{found[0]}` too: send two parts"
        raise BadRequest(told, code="unknown_content_part", param=at)
