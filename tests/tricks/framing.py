"""One stream of bytes, two requests: lengths, chunks, lines and versions that readers take in different ways."""

from __future__ import annotations

from collections.abc import Iterator

from tests.tricks.requests import BODY, CHAT, JSON, PLAIN, chunked, chunks, head, post
from tests.tricks.trick import Trick, judged, left_behind, refused

LENGTH = b"content-length: %d\r\n" % len(BODY)
TE = b"transfer-encoding: chunked\r\n"


def with_head(lines: bytes, body: bytes = BODY) -> bytes:
    return head() + JSON + lines + b"\r\n" + body


def lengths() -> Iterator[Trick]:
    no = "invalid_http"
    short = b"content-length: %d\r\n" % len(PLAIN)
    yield refused("length, then chunked", "one reader goes by either", with_head(LENGTH + TE, chunks(BODY)), no)
    yield refused("chunked, then length", "the same, the other way round", with_head(TE + LENGTH, chunks(BODY)), no)
    yield refused("two lengths", "one reader goes by the first", with_head(short + LENGTH, PLAIN + BODY), no)
    yield refused("the same length twice", "harmless, but not to every reader", with_head(LENGTH + LENGTH), no)
    yield refused("list of lengths", "`3, 86`", with_head(b"content-length: 3, %d\r\n" % len(BODY)), no)
    for sign in ("+", "-", "0x", " 1 "):
        told = b"content-length: %b%d\r\n" % (sign.encode(), len(BODY))
        yield refused(f"length with `{sign}`", "numbers are read in many ways", with_head(told), no)
    yield refused("length over 64 bits", "it overflows", with_head(b"content-length: 18446744073709551702\r\n"), no)
    huge = with_head(b"content-length: 99999999999\r\n", b"")
    yield refused("length of 100 GB", "memory for a body that never comes", huge, "body_too_large", 413)
    smuggled = post(PLAIN) + post(BODY)
    yield judged("second request behind the first", "only the first is judged", smuggled, innocent=1)
    cut = with_head(short, PLAIN + post(BODY))
    yield judged("second request behind a shorter length", "it is part of the body to some readers", cut, innocent=1)
    yield refused(
        "rest behind a shorter length", "the rest begins the next request", with_head(short, PLAIN + BODY), no
    )


def codings() -> Iterator[Trick]:
    no, coded = "invalid_http", chunks(BODY)
    for value in (
        "xchunked",
        "chunked, identity",
        "identity",
        "gzip",
        "chunked;q=1",
        "chunked, chunked",
        "\x0bchunked",
    ):
        told = b"transfer-encoding: %b\r\n" % value.encode()
        yield refused(
            f"`transfer-encoding: {value.replace(chr(11), '(VT)')}`",
            "chunked to some readers",
            chunked(coded, told),
            no,
        )
    for value in ("gzip, chunked", "identity, chunked"):
        told = b"transfer-encoding: %b\r\n" % value.encode()
        yield refused(
            f"`transfer-encoding: {value}`",
            "a reader that decodes it sees another body",
            chunked(coded, told),
            "invalid_header",
        )
    both = b"transfer-encoding: identity\r\n" + TE
    yield refused("two codings, chunked last", "one reader goes by the first", chunked(coded, both), "invalid_header")
    yield refused(
        "two codings, chunked first",
        "one reader goes by the last",
        chunked(coded, TE + b"transfer-encoding: identity\r\n"),
        no,
    )
    yield judged(
        "`Transfer-Encoding: CHUNKED`", "case does not matter", chunked(coded, b"Transfer-Encoding: CHUNKED\r\n")
    )
    yield refused(
        "`transfer_encoding`",
        "CGI takes it for the other",
        with_head(LENGTH + b"transfer_encoding: chunked\r\n"),
        "invalid_header",
    )


def chunk_lines() -> Iterator[Trick]:
    no, size = "invalid_http", len(BODY)
    for name, line in {
        "`0x` before a size": b"0x%x" % size,
        "sign before a size": b"+%x" % size,
        "negative size": b"-%x" % size,
        "blank before a size": b" %x" % size,
        "underscore in a size": b"0_%x" % size,
        "size over 64 bits": b"10000000000000000%x" % size,
    }.items():
        yield refused(name, "sizes are read in many ways", chunked(line + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), no)
    yield refused("chunks ended by LF", "lines end with CRLF", chunked(b"%x\n%b\n0\n\n" % (size, BODY)), no)
    yield refused(
        "chunk longer than its size", "the rest is the next chunk", chunked(b"5\r\n" + BODY + b"\r\n0\r\n\r\n"), no
    )
    yield judged("zeros before a size", "`00056`", chunked(b"00000%x\r\n%b\r\n0\r\n\r\n" % (size, BODY)))
    yield judged(
        "extension of a chunk", "`;a=b` hides what follows", chunked(b'%x;a="b\x20c"\r\n%b\r\n0\r\n\r\n' % (size, BODY))
    )
    yield judged("a byte a chunk", "the text is never whole", chunked(chunks(*(bytes([one]) for one in BODY))))
    trailer = b"%x\r\n%b\r\n0\r\ncontent-encoding: gzip\r\nx-tenant: staff\r\n\r\n" % (size, BODY)
    yield judged("trailers", "headers that come after the body", chunked(trailer))
    said = b"%x\r\n%b\r\n0\r\nx-note: HARMFUL\r\n\r\n" % (len(PLAIN), PLAIN)
    yield left_behind("text in a trailer", "a header that comes too late to be read", chunked(said))


def lines() -> Iterator[Trick]:
    no = "invalid_http"
    yield refused("folded header", "one header or two", with_head(b"x-a: b\r\n c: d\r\n" + LENGTH), no)
    yield refused(
        "folded coding",
        "`transfer-encoding:` and, on the next line, ` chunked`",
        chunked(chunks(BODY), b"transfer-encoding:\r\n chunked\r\n"),
        no,
    )
    yield refused(
        "blank before a colon", "`content-length : 86`", with_head(b"content-length : %d\r\n" % len(BODY)), no
    )
    yield refused("lines ended by LF", "to some readers they are", with_head(LENGTH).replace(b"\r\n", b"\n"), no)
    yield refused(
        "CR in a header", "a line to some readers", with_head(b"x-a: b\rtransfer-encoding: chunked\r\n" + LENGTH), no
    )
    yield refused("NUL in a header", "C readers stop there", with_head(b"x-a: b\0c\r\n" + LENGTH), no)
    yield refused("header without a name", "`: x`", with_head(b": x\r\n" + LENGTH), no)
    yield refused("header without a colon", "a line that is none", with_head(b"nonsense\r\n" + LENGTH), no)
    yield refused(
        "blank line first", "a header before the first", head()[:-2] + b"\r\n x: y\r\n" + LENGTH + b"\r\n" + BODY, no
    )
    yield judged("empty lines before a request", "they are skipped", b"\r\n\r\n" + post(BODY))


def versions() -> Iterator[Trick]:
    no = "invalid_http"
    for version in ("HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1", "http/1.1", "HTTPS/1.1"):
        raw = post(BODY).replace(b"HTTP/1.1", version.encode(), 1)
        yield refused(f"`{version}`", "each version frames a body in its own way", raw, no)
    yield refused("HTTP/0.9", "`POST /path`, no headers", b"POST " + CHAT + b"\r\n\r\n" + BODY, no)
    old = post(BODY).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    yield judged("HTTP/1.0", "no connection is kept", old)
    kept = old.replace(JSON, JSON + b"connection: keep-alive\r\n") + post(BODY)
    yield judged("HTTP/1.0, kept alive", "a second request behind it", kept)
    yield refused("HTTP/1.0 in chunks", "it has none", chunked(chunks(BODY)).replace(b"HTTP/1.1", b"HTTP/1.0", 1), no)
    yield refused("preface of HTTP/2", "another protocol on this port", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + BODY, no)
    settings = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
    yield judged("upgrade to h2c", "what follows is not read as HTTP/1.1", post(BODY, JSON + settings))
    socket = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n"
    yield judged("upgrade to a websocket", "a tunnel past the judge", post(BODY, JSON + socket))
    yield judged(
        "`expect: 100-continue`", "the body waits for an answer", post(BODY, JSON + b"expect: 100-continue\r\n")
    )
    yield judged("unknown `expect`", "an upstream that answers 417", post(BODY, JSON + b"expect: 200-maybe\r\n"))
