"""What of a request's head readers take in different ways. It is refused before the body is read: whoever reads it
otherwise would see another body, or none that was judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from gateway.errors import BadRequest
from gateway.upstream.headers import Header

ONCE = frozenset({b"host", b"content-type", b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers of which readers take the first, the last, or both together."""
TEXT = re.compile(r"[^\W\d_]{2,}\s+(?:[^\W\d_]+\s+)*[^\W\d_]{3,}|(?:[^\W\d_]{2,}[\W_]+){5}|(?:(?![a-zA-Z])[^\W\d_]){5}")
"""Two words with a blank between them, six words whatever is between them, or five letters of another alphabet."""
PIECE = re.compile(r"[&;?=]")
BODY_FIELDS = frozenset(
    {"messages", "message", "prompt", "input", "inputs", "instructions", "system", "model", "stream", "tools"}
    | {"body", "data", "json", "_method"}
)
"""Parameters that a lenient server takes for members of the body, or for another method."""


def refuse_ambiguous(headers: Iterable[Header], query_string: bytes) -> None:
    """Raises BadRequest for the first such thing."""
    check_headers(headers)
    if query_string:
        check_query(query_string)


def check_headers(headers: Iterable[Header]) -> None:
    seen: set[bytes] = set()
    for raw, value in headers:
        written = raw.lower()
        name = written.replace(b"_", b"-")
        if name == b"connection":
            check_connection(value)
        if name not in ONCE:
            continue
        if name != written:
            raise refused(name, f"`{written.decode()}` is taken for `{name.decode()}` by some upstreams: write it so")
        if name in seen:
            raise refused(name, f"`{name.decode()}` is there twice: send it once")
        if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise refused(name, "`transfer-encoding` must be `chunked` alone: send the body in no other coding")
        seen.add(name)


def check_connection(value: bytes) -> None:
    """What it names ends here, and this must not."""
    for named in map(bytes.strip, value.lower().split(b",")):
        if named in ONCE:
            told = f"`connection` names `{named.decode()}`, which the upstream must see: leave it out"
            raise refused(b"connection", told)


def check_query(query_string: bytes) -> None:
    """Names and short values pass, such as `api-version=2024-10-21`; texts and members of the body do not."""
    once = unquote_plus(query_string.decode("latin-1"))
    for text in (once, unquote_plus(once)):
        for piece in PIECE.split(text):
            name = piece.partition("[")[0].strip().casefold()
            if name in BODY_FIELDS:
                told = f"the query string's `{name}` may be taken for a member of the body: send it there"
                raise BadRequest(told, code="invalid_query_string", param=name)
            if TEXT.search(piece):
                told = "the query string holds a text, which is not judged: send it in the body"
                raise BadRequest(told, code="invalid_query_string")


def refused(name: bytes, told: str) -> BadRequest:
    return BadRequest(told, code="invalid_header", param=name.decode())
