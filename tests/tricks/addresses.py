"""One target, two endpoints: paths, query strings and headers by which servers route a request."""

from __future__ import annotations

from collections.abc import Iterator

from tests.servers import HARMFUL
from tests.tricks.requests import BODY, CHAT, JSON, PLAIN, post
from tests.tricks.trick import MARK, Trick, judged, left_behind, refused

TEXT = MARK.replace(" ", "+").encode()


def paths() -> Iterator[Trick]:
    unknown = "unknown_endpoint"
    for path in (
        "//v1/chat/completions",
        "/v1//chat/completions",
        "/v1/./chat/completions",
        "/v1/x/../chat/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions/.",
        "/v1/chat/completions;a=b",
        "/v1/chat/completions%3Fa",
        "/v1/chat/completions%00",
        "/v1/chat/completions%20",
        "/v1/chat/completions.json",
        "/V1/chat/completions",
        "/v1/Chat/Completions",
        "/v1/chat%2F%2e%2e/completions",
        "/v1\\chat\\completions",
        "/v1%5Cchat%5Ccompletions",
        "/v1/chat/%252e%252e/completions",
        "/openai/v1/chat/completions",
        "/chat/completions",
        "/tokenize",
        "/inference/v1/generate",
        "*",
    ):
        yield refused(
            f"`{path}`", "an endpoint that a laxer server finds", post(BODY, target=path.encode()), unknown, 404
        )
    for path in (
        "/v1%2Fchat%2Fcompletions",
        "/%761/chat/completions",
        "/v1/chat/completions#a",
        "/v1/chat/completions?",
    ):
        yield judged(f"`{path}`", "another spelling of the same path", post(BODY, target=path.encode()))
    for target in (
        "http://elsewhere.example/v1/chat/completions",
        "HTTP://user:key@elsewhere.example:1/v1/chat/completions",
    ):
        yield judged(f"`{target}`", "an address that names another host", post(BODY, target=target.encode()))
    unread, told = "unscanned_endpoint", "an endpoint that nobody judges, unless a policy lets it pass"
    yield refused("`/v1/chat/completions/render`", told, post(BODY, target=CHAT + b"/render"), unread, 403)
    yield refused("`GET /v1/chat/completions`", told, post(BODY, method=b"GET"), unread, 403)
    below = post(BODY, target=b"/v1/models/%2e%2e/chat/completions")
    yield refused("`/v1/models/%2e%2e/chat/completions`", "out of an endpoint that is not judged", below, unknown, 405)
    no = "invalid_http"
    yield refused(
        "path that is not ASCII", "readers decode it in many ways", post(BODY, target="/v1/chät".encode()), no
    )
    yield refused("blank in a path", "where does the version begin?", post(BODY, target=CHAT + b" /x"), no)
    yield refused(
        "`CONNECT`", "a tunnel to another host", post(BODY, target=b"elsewhere.example:80", method=b"CONNECT"), no
    )


def methods() -> Iterator[Trick]:
    for method in (b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"QUERY", b"PROPFIND"):
        raw = post(BODY, method=method)
        yield refused(f"`{method.decode()}`", "a body where none is looked for", raw, "unknown_endpoint", 405)
    for method in (b"post", b"P OST", b"HARMFUL", b"POST\t"):
        yield refused(f"method `{method.decode()!r}`", "none that is known", post(BODY, method=method), "invalid_http")
    for name in (b"X-HTTP-Method-Override", b"X-HTTP-Method", b"X-Method-Override", b"x_http_method_override"):
        raw = post(PLAIN, JSON + name + b": PUT " + HARMFUL.encode() + b"\r\n")
        yield left_behind(f"`{name.decode()}`", "another method for the upstream", raw)


def queries() -> Iterator[Trick]:
    no = "invalid_query_string"
    for query in (
        b"messages=" + TEXT,
        b"messages[0][content]=" + TEXT,
        b"%6dessages=x",
        b"%256dessages=x",
        b"a=1;prompt=x",
        b"model=other",
        b"stream=true",
        b"_method=PUT",
        b"note=" + TEXT,
        TEXT,
        b"note=" + MARK.replace(" ", "%2520").encode(),
    ):
        told = "a member of the body, or a text, in the query string"
        yield refused(f"`?{query.decode()}`", told, post(PLAIN, target=CHAT + b"?" + query), no)
    yield judged(
        "`?api-version=2024-10-21`", "a name and a value", post(BODY, target=CHAT + b"?api-version=2024-10-21")
    )


def headers() -> Iterator[Trick]:
    for name in (b"X-Original-URL", b"X-Rewrite-URL"):
        raw = post(PLAIN, JSON + name + b": /v1/completions?prompt=" + TEXT + b"\r\n")
        yield left_behind(f"`{name.decode()}`", "another path for the upstream", raw)
    for line in (
        b"X-Forwarded-Host: elsewhere.example",
        b"X-Forwarded-Path: /v1/completions",
        b"Forwarded: host=x",
        b"X-Forwarded-Prefix: /v2",
    ):
        yield judged(
            f"`{line.decode()}`",
            "for whom a proxy asked; the body is judged all the same",
            post(BODY, JSON + line + b"\r\n"),
        )
    yield refused(
        "two hosts", "which of them is asked?", post(BODY, JSON + b"host: elsewhere.example\r\n"), "invalid_header"
    )
    yield judged(
        "another host",
        "the upstream's is the gateway's to say",
        post(BODY).replace(b"host: gateway", b"host: elsewhere.example"),
    )
    hop = post(BODY, JSON + b"connection: close, content-type\r\n")
    yield refused("`connection: content-type`", "a header is taken off on the way", hop, "invalid_header")
    own = post(PLAIN, JSON + b"x-guardian-note: " + MARK.encode() + b"\r\n")
    yield left_behind("`x-guardian-note`", "a header that looks like ours", own)
    hidden = post(PLAIN, JSON + b"connection: x-note\r\nx-note: " + MARK.encode() + b"\r\n")
    yield left_behind("header that `connection` names", "it ends here", hidden)
