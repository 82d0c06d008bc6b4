"""The verdict goes into the first object of a body, however the body is cut."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from gateway.annotate import annotated

FIELD = {"input": {"type": "moderation_results"}}
STREAM = b': keep-alive\n\nevent: x\ndata: {"a": "{\\"b\\""}\n\ndata: {"c": 1}\n\n'


async def pieces(raw: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(raw), size):
        yield raw[at : at + size]


async def made(raw: bytes, size: int) -> bytes:
    return b"".join([piece async for piece in annotated(pieces(raw, size), FIELD)])


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("raw", [b'{"a": 1}', b' \n{ "a": [{}] }', b"{}", b"{ }"])
async def test_an_object_gets_the_field(raw: bytes, size: int) -> None:
    assert json.loads(await made(raw, size)) == {**json.loads(raw), "moderation": FIELD}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_only_the_first_event_gets_it(size: int) -> None:
    field = b'"moderation":' + json.dumps(FIELD, separators=(",", ":")).encode() + b","
    assert await made(STREAM, size) == STREAM.replace(b'{"a"', b"{" + field + b'"a"', 1)


@pytest.mark.parametrize("raw", [b"", b"plain text", b"[1]", b"data: [DONE]\n\n", b"x" * 100_000])
async def test_what_is_no_object_passes(raw: bytes) -> None:
    assert await made(raw, 1000) == raw
