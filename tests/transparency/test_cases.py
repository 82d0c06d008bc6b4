"""What generated requests and answers reach seldom or never, case by case."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from tests.transparency.asked import post, simple
from tests.transparency.lab import GATEWAYS, UNREAD, Lab
from tests.transparency.requests import request
from tests.transparency.scripted import Answer
from tests.transparency.surfaces import SURFACES
from tests.transparency.wire import Header

CHAT = SURFACES[0].path
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def whole(head: bytes, body: bytes = b"", status: bytes = b"200 OK") -> Answer:
    return Answer((b"HTTP/1.1 %b\r\n%b\r\n%b" % (status, head, body),))


ANSWERS = {
    "no type": whole(b"Content-Length: 2\r\n", b"ok"),
    "a head of 60 KB": whole(b"X-Long: %b\r\nContent-Length: 2\r\n" % (b"a" * 60_000), b"ok"),
    "400 headers": whole(b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(400)) + b"Content-Length: 0\r\n"),
    "one header 50 times": whole(b"Set-Cookie: a=b; Path=/\r\n" * 50 + b"Content-Length: 0\r\n"),
    "headers of this hop": whole(b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX-Kept: 1\r\nContent-Length: 0\r\n"),
    "304 that says how long it would be": whole(b'ETag: "x"\r\nContent-Length: 1234\r\n', status=b"304 Not Modified"),
    "204 with a length": whole(b"Content-Length: 5\r\n", status=b"204 No Content"),
    "205": whole(b"Content-Length: 0\r\n", status=b"205 Reset Content"),
    "a body of 4 MB": whole(b"Content-Length: 4000000\r\n", b"0123456789" * 400_000),
    "chunks of 4 MB": whole(
        b"Transfer-Encoding: chunked\r\n", b"3d0900\r\n" + b"0123456789" * 400_000 + b"\r\n0\r\n\r\n"
    ),
    "more than it says": Answer((OK + b"more",), "close"),
    "429 as OpenAI tells it": whole(
        b"retry-after: 7\r\nretry-after-ms: 6500\r\nx-should-retry: true\r\nx-ratelimit-remaining-tokens: 0\r\n"
        b"openai-processing-ms: 3\r\nrequest-id: req_1\r\nContent-Length: 2\r\n",
        b"{}",
        b"429 Too Many Requests",
    ),
}


@pytest.mark.parametrize("gateway", UNREAD)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_arrives_as_it_is(lab: Lab, gateway: str, answer: str) -> None:
    lab.both(gateway, post(CHAT), ANSWERS[answer]).same()


BROTLI = b"\x0b\x00\x80ok\x03"
PACKED = {"gzip": gzip.compress(b"ok", mtime=0), "deflate": zlib.compress(b"ok"), "br": BROTLI, "zstd, gzip": b"?"}


@pytest.mark.parametrize("gateway", UNREAD)
@pytest.mark.parametrize("coding", PACKED)
def test_a_compressed_answer_stays_compressed(lab: Lab, gateway: str, coding: str) -> None:
    head = b"Content-Encoding: %b\r\nContent-Length: %d\r\n" % (coding.encode(), len(PACKED[coding]))
    more = [(b"Accept-Encoding", b"gzip;q=1.0, br"), (b"accept-encoding", b"deflate")]
    lab.both(gateway, post(CHAT, more=more), whole(head, PACKED[coding])).same()


BAD = {
    "no HTTP": Answer((b"SSH-2.0-OpenSSH_9.6\r\n\r\n",), "close"),
    "nothing": Answer((), "close"),
    "a reset": Answer((), "reset"),
    "half a head": Answer((b"HTTP/1.1 200 OK\r\nContent-",), "close"),
    "a head over 64 KB": whole(b"X-Long: %b\r\nContent-Length: 2\r\n" % (b"a" * 70_000), b"ok"),
    "status 600": whole(b"Content-Length: 0\r\n", status=b"600 Beyond"),
    "status 999": whole(b"Content-Length: 0\r\n", status=b"999 Far Beyond"),
    "a coding of the transfer": whole(b"Transfer-Encoding: gzip, chunked\r\n", b"1\r\n?\r\n0\r\n\r\n"),
    "a coding to the end": Answer((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n?",), "close"),
    "two lengths": whole(b"Content-Length: 2\r\nContent-Length: 3\r\n", b"ok"),
    "a length and chunks": whole(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "a folded header": whole(b"X-A: 1\r\n 2\r\nContent-Length: 2\r\n", b"ok"),
    "a control sign": whole(b"X-A: \x01\r\nContent-Length: 2\r\n", b"ok"),
    "an upgrade": whole(b"Upgrade: h2c\r\n", status=b"101 Switching Protocols"),
}


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("answer", BAD)
def test_what_is_no_answer_is_told_as_that(lab: Lab, gateway: str, answer: str) -> None:
    got, seen = lab.alone(gateway, post(CHAT), BAD[answer])
    error = json.loads(seen.body)["error"]
    codes = {"upstream_unavailable"} if answer == "a reset" else {"upstream_invalid_response"}
    assert (len(got), seen.status, seen.complete, {error["code"]}) == (1, 502, True, codes)
    assert (b"x-guardian-action", b"error") in seen.headers


MANY: list[Header] = [(b"X-%d" % i, b"v" * 100) for i in range(500)]
REQUESTS = {
    "500 headers": post(CHAT, more=MANY),
    "a header of 100 KB": post(CHAT, more=[(b"X-Long", b"a" * 100_000)]),
    "headers of this hop": post(CHAT, more=[(b"Connection", b"keep-alive, X-Hop"), (b"X-Hop", b"1"), (b"TE", b"gzip")]),
    "the connection's last": post(CHAT, more=[(b"Connection", b"close")]),
    "a body of 4 MB": post(CHAT, b'{"user":"%b",' % (b"a" * 4_000_000) + simple(CHAT)[1:]),
    "as deep as may be": post(CHAT, b'{"x_a":' + b"[" * 1023 + b"]" * 1023 + b"," + simple(CHAT)[1:]),
    "an empty query": post(CHAT + "?"),
    "signs that a query should not have": post(CHAT, query=b'q=[]{}|\\^`"<>'),
    "a wait to be asked on": post(CHAT, more=[(b"Expect", b"100-continue")]),
    "a switch to HTTP/2": post(
        CHAT, more=[(b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", b"h2c"), (b"HTTP2-Settings", b"AAMAAABk")]
    ),
    "a switch to WebSocket": post(CHAT, more=[(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]),
}


@pytest.mark.parametrize("gateway", UNREAD)
@pytest.mark.parametrize("asked", REQUESTS)
def test_a_request_arrives_as_it_is(lab: Lab, gateway: str, asked: str) -> None:
    lab.both(gateway, REQUESTS[asked], Answer((OK,))).same()


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_request_in_chunks_arrives_whole(lab: Lab, gateway: str, size: int) -> None:
    """Its framing belongs to the connection, and so do its trailers, which are never taken for headers."""
    body = simple(CHAT)
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(one), one) for one in (body[i : i + size] for i in range(0, len(body), size))
    )
    head = request(
        b"POST", CHAT.encode(), [(b"Content-Type", b"application/json"), (b"Transfer-Encoding", b"chunked")], None
    )
    trailers = b"0\r\nAuthorization: Bearer late\r\nX-Late: 1\r\n\r\n"
    lab.both(gateway, head + chunks + trailers, Answer((b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",))).same()


REFUSED = {
    "too deep": (post(CHAT, b'{"x_a":' + b"[" * 1024 + b"]" * 1024 + b"," + simple(CHAT)[1:]), "invalid_json"),
    "a number over all": (post(CHAT, b'{"x_a":1e400,' + simple(CHAT)[1:]), "invalid_json"),
    "no name of a model": (request(b"GET", b"/v1/models/a%20b", [], None), "invalid_model"),
    "a query that is not ASCII": (post(CHAT, query="q=é".encode()), "invalid_http"),
    "a control sign": (post(CHAT, more=[(b"X-A", b"\x01")]), "invalid_http"),
}


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("asked", REFUSED)
def test_what_cannot_pass_is_refused_clearly(lab: Lab, gateway: str, asked: str) -> None:
    raw, code = REFUSED[asked]
    got, seen = lab.alone(gateway, raw)
    assert (got, seen.status, json.loads(seen.body)["error"]["code"]) == ([], 400, code)
