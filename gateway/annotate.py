"""Puts the verdict into an upstream's answer, in OpenAI's own `moderation` field, and leaves every other byte alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

OBJECT = re.compile(rb"(?:\A\s*|(?:\A|[\r\n])data: ?\s*)\{\s*[\"}]")
"""The beginning of the first JSON object of a body, or of a stream's first event that holds one."""
EVENT = re.compile(rb"[\r\n]?data:")
LONGEST_HEAD = 64 * 1024


async def annotated(
    chunks: AsyncIterator[bytes], moderation: Mapping[str, Any], member: str = ""
) -> AsyncIterator[bytes]:
    """The body with the field in its first object; or in that object's `member`, where it is an event that holds the
    answer. A body that does not begin as one passes as it is.
    """
    holder = re.compile(rb'"%s"\s*:\s*\{\s*["}]' % member.encode())
    head = b""
    async for chunk in chunks:
        head += chunk
        found = OBJECT.search(head)
        if found is not None and member and EVENT.match(found[0]):
            found = holder.search(head, found.end() - 1)
        if found is not None:
            yield with_field(head, found.end() - 1, moderation)
            head = b""
            break
        if len(head) > LONGEST_HEAD:
            break
    if head:
        yield head
    async for chunk in chunks:
        yield chunk


def with_field(head: bytes, at: int, moderation: Mapping[str, Any]) -> bytes:
    """`at` is where the object's first key, or its end, stands."""
    comma = b"" if head[at : at + 1] == b"}" else b","
    return head[:at] + b'"moderation":' + orjson.dumps(moderation) + comma + head[at:]
