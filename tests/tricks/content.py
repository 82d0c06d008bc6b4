"""One body, two formats: content types, charsets and codings."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.tricks.requests import BODY, JSON, PLAIN, post
from tests.tricks.trick import MARK, Trick, judged, refused

TURNS = json.dumps([{"role": "user", "content": MARK}])


def typed(value: str, body: bytes = BODY) -> bytes:
    return post(body, b"content-type: %b\r\n" % value.encode("latin-1"))


def coded(value: str, body: bytes = BODY) -> bytes:
    return post(body, JSON + b"content-encoding: %b\r\n" % value.encode())


def types() -> Iterator[Trick]:
    no = "unsupported_content_type"
    form = b'--b\r\ncontent-disposition: form-data; name="messages"\r\n\r\n%b\r\n--b--\r\n' % TURNS.encode()
    for value, body in (
        ("multipart/form-data; boundary=b", form),
        ("multipart/form-data; boundary=b", BODY),
        ("multipart/mixed; boundary=b", form),
        ("application/x-www-form-urlencoded", urlencode({"messages": TURNS}).encode()),
        ("application/x-www-form-urlencoded", BODY),
        ("text/plain", BODY),
        ("text/json", BODY),
        ("application/json5", BODY),
        ("application/x-ndjson", PLAIN + b"\n" + BODY),
        ("application/vnd.api+json", BODY),
        ("application/xml", b"<messages>%b</messages>" % MARK.encode()),
        ("application/x-yaml", b"messages: [{role: user, content: %b}]" % MARK.encode()),
        ("application/msgpack", BODY),
        ("application/json, multipart/form-data; boundary=b", form),
        ("application/json; boundary=b", form),
        ("application/json; charset=utf-16", BODY.decode().encode("utf-16")),
        ("application/json; charset=utf-7", BODY.replace(b"HARMFUL", b"+AEgAQQBSAE0ARgBVAEw-")),
        ("application/json; charset=iso-8859-1", BODY),
        ("application/json; charset=utf-8; charset=utf-7", BODY),
        ("application/json; profile=x", BODY),
        ("", BODY),
        ("*/*", BODY),
    ):
        name = f"`{value}`, with {'JSON in it' if body is BODY else 'a body of its kind'}"
        yield refused(name, "the judge reads JSON, the upstream what the header says", typed(value, body), no, 415)
    yield judged("no content type", "what is it, then?", post(BODY, b""))
    yield judged(
        "`APPLICATION/JSON ; Charset=UTF-8`", "case and blanks do not matter", typed("APPLICATION/JSON ; Charset=UTF-8")
    )
    for other in (b"content-type: text/plain\r\n", JSON):
        yield refused(
            f"two content types, `{other.decode().strip()}` first",
            "one reader goes by the first",
            post(BODY, other + JSON),
            "invalid_header",
        )
    yield refused(
        "`content_type`",
        "CGI takes it for the other",
        post(BODY, JSON + b"content_type: text/plain\r\n"),
        "invalid_header",
    )


def codings() -> Iterator[Trick]:
    no = "unsupported_encoding"
    bomb = gzip.compress(bytes(10_000_000), mtime=0)
    raw = zlib.compressobj(wbits=-15)
    for value, body in (
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw.compress(BODY) + raw.flush()),
        ("br", b"\x0b\x02\x80" + BODY[:5]),
        ("zstd", b"\x28\xb5\x2f\xfd" + BODY),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY, mtime=0), mtime=0)),
        ("identity, gzip", gzip.compress(BODY, mtime=0)),
        ("gzip", bomb),
        ("gzip, gzip", gzip.compress(bomb, mtime=0)),
        ("gzip", BODY),
        ("rot13", BODY),
        ("", BODY),
    ):
        name = f"`content-encoding: {value}`, {len(body)} bytes"
        yield refused(name, "the upstream unpacks what was not judged", coded(value, body), no, 415)
    yield refused(
        "packed, and not said so",
        "a server that looks at the first bytes",
        post(gzip.compress(BODY, mtime=0)),
        "invalid_json",
    )
    yield judged("`content-encoding: identity`", "as if it were not there", coded("identity"))
    both = post(BODY, JSON + b"content-encoding: gzip\r\ncontent-encoding: identity\r\n")
    yield refused("two encodings", "one reader goes by the first", both, "invalid_header")
