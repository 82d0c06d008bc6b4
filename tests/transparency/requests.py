"""Generated requests: JSON in any spelling, headers in any case and number, query strings in any form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from gateway.errors import BadRequest
from gateway.framing import check_query
from tests.transparency.surfaces import SURFACES
from tests.transparency.wire import Header

TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
READ = frozenset({b"content-type", b"content-encoding", b"content-length", b"host", b"connection"})
"""The gateway goes by these, so a test sets them itself."""
FRAMING = READ | {b"transfer-encoding", b"upgrade", b"expect"}
BLANKS = (b"", b"", b"", b" ", b"\n", b"\t", b"\r\n", b"  ")
SHORT = {"\b": b"\\b", "\f": b"\\f", "\n": b"\\n", "\r": b"\\r", "\t": b"\\t", '"': b'\\"', "\\": b"\\\\", "/": b"\\/"}


class Number(bytes):
    """A number as it is spelt."""


numbers = st.from_regex(r"\A-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?\Z").map(
    lambda text: Number(text.encode())
)
odd_numbers = st.sampled_from(
    [Number(text) for text in (b"-0", b"-0.0", b"18446744073709551616", b"1E400", b"1e-400", b"0.1" + b"0" * 300)]
).filter(lambda number: number != b"1E400")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | odd_numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
unknown = st.dictionaries(texts.map("x_{}".format), values, max_size=4)
"""No API has a field that begins so."""


@st.composite
def bodies(draw: DrawFn) -> tuple[str, bytes]:
    """A surface's path and a body for it that is allowed."""
    surface = draw(st.sampled_from(SURFACES))
    body = surface.body(draw(texts), draw(st.booleans()), draw(unknown))
    members = [*body.items(), *draw(unknown).items()]
    rng = Random(draw(st.integers(0, 2**32)))
    rng.shuffle(members)
    return surface.path, spelt(dict(members), rng)


def spelt(value: Any, rng: Random) -> bytes:
    """The value as JSON, its blanks and escapes by chance."""
    if isinstance(value, Number):
        written = bytes(value)
    elif isinstance(value, str):
        written = quoted(value, rng)
    elif isinstance(value, dict):
        inner = b",".join(
            blank(rng) + quoted(key, rng) + blank(rng) + b":" + spelt(one, rng) for key, one in value.items()
        )
        written = b"{" + (inner or blank(rng)) + b"}"
    elif isinstance(value, list):
        written = b"[" + (b",".join(spelt(one, rng) for one in value) or blank(rng)) + b"]"
    else:
        written = json.dumps(value).encode()
    return blank(rng) + written + blank(rng)


def quoted(text: str, rng: Random) -> bytes:
    return b'"' + b"".join(letter(one, rng) for one in text) + b'"'


def letter(one: str, rng: Random) -> bytes:
    way = rng.randrange(4)
    if one in SHORT and (way or one in '"\\'):
        return SHORT[one]
    if way and one >= " " and one not in '"\\':
        return one.encode()
    form = "\\u{:04x}" if way % 2 else "\\u{:04X}"
    units = one.encode("utf-16-be")
    return "".join(form.format(int.from_bytes(units[i : i + 2], "big")) for i in range(0, len(units), 2)).encode()


def blank(rng: Random) -> bytes:
    return rng.choice(BLANKS)


def names(known: Sequence[bytes]) -> SearchStrategy[bytes]:
    made = st.text(TOKEN, min_size=1, max_size=20).map(str.encode)
    return st.one_of(st.sampled_from(known), made).filter(lambda name: name.lower() not in FRAMING)


header_values = (
    st.lists(st.sampled_from([*range(0x20, 0x7F), *range(0x80, 0x100), 0x09]), max_size=24)
    .map(bytes)
    .map(lambda value: value.strip(b" \t"))
)
COMMON = (
    b"Authorization",
    b"api-key",
    b"OpenAI-Organization",
    b"openai-project",
    b"ACCEPT",
    b"accept-encoding",
    b"User-Agent",
    b"X-Stainless-Retry-Count",
    b"traceparent",
    b"cookie",
    b"X-Request-ID",
    b"x-guardian-action",
    b"Te",
    b"Keep-Alive",
    b"x-forwarded-for",
    b"Idempotency-Key",
)


def headers() -> SearchStrategy[list[Header]]:
    """Some of them twice, and in any case."""
    one = st.tuples(names(COMMON), header_values)
    return st.lists(one, max_size=12).flatmap(lambda some: st.permutations([*some, *some[:2]]))


def passes(query: bytes) -> bool:
    """A query string that holds a text is refused, and other tests say so."""
    try:
        check_query(query)
    except BadRequest:
        return False
    return True


query_pieces = st.sampled_from([*"abzAZ059=&+;/?:@!$'()*,-._~", "%20", "%2F", "%C3%A9", "%00", "%26", "a=1", "&a=2"])
queries = st.lists(query_pieces, max_size=12).map("".join).map(str.encode).filter(passes)
model_ids = st.lists(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:@-]{0,8}\Z"), min_size=1, max_size=3).map("/".join)


def request(method: bytes, target: bytes, headers: Sequence[Header], body: bytes | None) -> bytes:
    """A request as it goes over the wire; without a body where there is none."""
    lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: gateway.example", *(b"%b: %b" % one for one in headers)]
    lines += [] if body is None else [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body or b""])
