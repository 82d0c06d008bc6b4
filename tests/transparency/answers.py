"""Generated answers of an upstream: every status, any headers, every framing, whole or cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.transparency.requests import header_values, names
from tests.transparency.scripted import Answer
from tests.transparency.wire import Header

COMMON = (
    b"Content-Type",
    b"Set-Cookie",
    b"retry-after",
    b"x-should-retry",
    b"openai-processing-ms",
    b"openai-organization",
    b"x-ratelimit-remaining-requests",
    b"X-RateLimit-Reset-Tokens",
    b"request-id",
    b"x-request-id",
    b"x-upstream-request-id",
    b"Date",
    b"Server",
    b"Server-Timing",
    b"content-encoding",
    b"ETag",
    b"Vary",
    b"x-guardian-action",
    b"Keep-Alive",
    b"Trailer",
)
REASONS = (b"OK", b"", b"I'm a teapot", b"So l\xe0 l\xe0")
LINES = (
    b"data: {}",
    b"data:{}",
    b"data",
    b": ping",
    b"event: message",
    b"id: 7",
    b"retry: 100",
    b'data: {"a": "\xf0\x9f\x98\x80"}',
    b'data: {"broken": ',
    b"data: [DONE]",
    b"nonsense",
    b"",
    b"",
)
ENDS = (b"\n", b"\r\n", b"\r")
INTERIM = (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n")

response_headers = st.lists(st.tuples(names(COMMON), header_values), max_size=10).flatmap(
    lambda some: st.permutations([*some, *some[:2]])
)


@st.composite
def event_streams(draw: DrawFn) -> bytes:
    """Server-sent events as someone may write them, their last empty line there or not."""
    lines = draw(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(ENDS)), max_size=12))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + b"".join(line + end for line, end in lines)


bodies = st.one_of(event_streams(), st.binary(max_size=200), st.sampled_from([b"", b'{"a":', b"\x1f\x8b\x08", b"[]"]))


@st.composite
def cuts(draw: DrawFn, raw: bytes, most: int = 6) -> tuple[bytes, ...]:
    """The bytes in pieces, cut anywhere."""
    if len(raw) < 2:
        return (raw,) if raw else ()
    at = sorted(draw(st.sets(st.integers(1, len(raw) - 1), max_size=most)))
    return tuple(raw[start:end] for start, end in zip([0, *at], [*at, len(raw)], strict=True))


@st.composite
def chunked(draw: DrawFn, body: bytes) -> bytes:
    extension = draw(st.sampled_from([b"", b";a", b";a=b", b';a="b c"']))
    trailers = draw(st.sampled_from([b"", b"x-trailer: 1\r\n", b"x-checksum: abc\r\nx-other: \r\n"]))
    size = draw(st.sampled_from([b"%x", b"%X", b"000%x"]))
    pieces = draw(cuts(body))
    return (
        b"".join(size % len(one) + extension + b"\r\n" + one + b"\r\n" for one in pieces)
        + b"0\r\n"
        + trailers
        + b"\r\n"
    )


@st.composite
def messages(draw: DrawFn) -> tuple[bytes, bytes, bool]:
    """Head, framed body, and whether the connection goes on after it."""
    status, headers = draw(st.integers(200, 599)), list(draw(response_headers))
    if status in (204, 304):
        length = draw(st.sampled_from([[], [(b"ETag", b'"x"')], [(b"Content-Length", b"0")]]))
        return head(draw, status, [*headers, *length]), b"", True
    body, framing = draw(bodies), draw(st.sampled_from(["length", "chunked", "close"]))
    if framing == "length":
        return head(draw, status, [*headers, (b"Content-Length", b"%d" % len(body))]), body, True
    if framing == "chunked":
        return head(draw, status, [*headers, (b"Transfer-Encoding", b"chunked")]), draw(chunked(body)), True
    version = draw(st.sampled_from([b"HTTP/1.0", b"HTTP/1.1"]))
    return head(draw, status, headers, version), body, False


def head(draw: DrawFn, status: int, headers: Sequence[Header], version: bytes = b"HTTP/1.1") -> bytes:
    interim = b"".join(draw(st.lists(st.sampled_from(INTERIM), max_size=2)))
    lines = [b"%b %d %b" % (version, status, draw(st.sampled_from(REASONS))), *(b"%b: %b" % one for one in headers)]
    return interim + b"\r\n".join([*lines, b"", b""])


@st.composite
def answers(draw: DrawFn) -> Answer:
    begin, rest, keep = draw(messages())
    return Answer(draw(cuts(begin + rest)), "keep" if keep else draw(st.sampled_from(["close"])))


@st.composite
def cut_answers(draw: DrawFn) -> Answer:
    """An answer that breaks off behind its head, by a close or a reset."""
    begin, rest, _ = draw(messages())
    whole = begin + rest[: draw(st.integers(0, len(rest)))]
    return Answer(draw(cuts(whole)), draw(st.sampled_from(["close", "reset"])))


@st.composite
def waiting_answers(draw: DrawFn) -> tuple[Answer, tuple[int, ...]]:
    """An answer each of whose chunks waits for the client to have the one before, and where in the body each ends."""
    pieces = draw(st.lists(event_streams().filter(len), min_size=1, max_size=6))
    begin = head(draw, 200, [(b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked")])
    framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    ends = tuple(sum(map(len, pieces[: i + 1])) for i in range(len(pieces)))
    return Answer((begin + framed[0], *framed[1:], b"0\r\n\r\n"), waits=True), ends


def to_head(answer: Answer) -> Answer:
    """The same answer as it is to HEAD: its head alone, with the interim ones before it."""
    whole, at = b"".join(answer.pieces), 0
    while whole.startswith(tuple(interim[:12] for interim in INTERIM), at):
        at = whole.index(b"\r\n\r\n", at) + 4
    return replace(answer, pieces=(whole[: whole.index(b"\r\n\r\n", at) + 4],))
