"""Tries a trick on a gateway that is served, and looks at both of its ends: what the guardian read, what the upstream
was sent.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any
from unicodedata import category, normalize
from urllib.parse import unquote

from tests.servers import HARMFUL, FakeServer, Received
from tests.tricks.trick import Trick

STATUS = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d) ")
PATIENCE = 10.0
"""Seconds in which a connection is closed, by the gateway or because all was answered."""
TOLD = re.compile(rb"x-guardian-action: (respond|block)\r\n")
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
READINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1", "unicode_escape")


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a trick."""

    answers: bytes
    judged: bool
    upstream: tuple[Received, ...]
    upstream_bytes: int

    @property
    def statuses(self) -> list[int]:
        return [int(found) for found in STATUS.findall(self.answers)]

    @property
    def error(self) -> dict[str, Any]:
        """The last answer's error object."""
        body = self.answers.rpartition(b"\r\n\r\n")[2]
        error: dict[str, Any] = json.loads(body)["error"]
        return error


async def tried(trick: Trick, url: str, guardian: FakeServer, upstream: FakeServer) -> Seen:
    """The trick on a connection of its own; only what came of it is looked at."""
    asked, sent, size = len(guardian.received), len(upstream.received), upstream.bytes_received
    answers = await exchanged(url, trick.raw, trick.answers)
    judged = any(HARMFUL in unescaped(request.body) for request in guardian.received[asked:])
    return Seen(answers, judged, tuple(upstream.received[sent:]), upstream.bytes_received - size)


async def exchanged(url: str, raw: bytes, answers: int) -> bytes:
    """So many answers, or as many as come before the other side has no more to say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    found = b""
    async with asyncio.timeout(PATIENCE):
        writer.write(raw)
        while answers > 0 and (head := await head_of(reader)):
            length = LENGTH.search(head)
            found += head + (await reader.readexactly(int(length[1])) if length else b"")
            answers -= not head.startswith(b"HTTP/1.1 1")
    writer.close()
    return found


async def head_of(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def unescaped(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def shows(request: Received) -> bool:
    """Whether the text is in what an upstream got, however leniently it is read."""
    head = " ".join([request.target, *(f"{name}: {value}" for name, value in request.headers)])
    texts = (head, *(request.body.decode(coding, "replace") for coding in READINGS))
    return any(HARMFUL in plain(reading) for text in texts for reading in (text, unquote(unquote(text))))


def plain(text: str) -> str:
    """Without what cannot be seen, and with letters for what looks like them."""
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    seen = "".join(chr(ord(sign) & 0x7F) if "\U000e0020" <= sign <= "\U000e007e" else sign for sign in paired)
    return "".join(sign for sign in normalize("NFKC", seen) if category(sign) not in ("Cf", "Cc"))


def fault(trick: Trick, seen: Seen) -> str | None:
    """What is not as it should be. A leak is told first: a text that the upstream got and no guardian saw."""
    shown = [request for request in seen.upstream if shows(request)]
    if trick.end == "trusted":
        return None if shown and not seen.judged else "the text is not trusted: it is judged, or it does not pass"
    if shown:
        return f"a leak: the upstream was sent {shown[0].method} {shown[0].target} with the text"
    if len(seen.upstream) != trick.innocent:
        return f"{len(seen.upstream)} requests reached the upstream, not {trick.innocent}"
    if not trick.innocent and seen.upstream_bytes:
        return f"{seen.upstream_bytes} bytes reached the upstream"
    return {"judged": unjudged, "refused": unrefused, "left behind": unserved}[trick.end](trick, seen)


def unjudged(trick: Trick, seen: Seen) -> str | None:
    told = TOLD.search(seen.answers)
    return None if seen.judged and told else "the guardian did not see the text, or nothing came of it"


def unrefused(trick: Trick, seen: Seen) -> str | None:
    told = (seen.statuses[-1:], seen.error["code"]) if seen.statuses[-1:] > [399] else (seen.statuses, None)
    wanted = ([trick.status], trick.code)
    return None if told == wanted and not seen.judged else f"{told}, not {wanted}: {seen.answers[-400:]!r}"


def unserved(trick: Trick, seen: Seen) -> str | None:
    return None if seen.statuses == [200] and not seen.judged else f"{seen.statuses}, judged: {seen.judged}"
