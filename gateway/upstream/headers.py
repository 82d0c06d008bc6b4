"""Which headers pass, in one place. Hop-by-hop headers belong to one connection (RFC 9110, 7.6.1); the rest arrive as
sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Header = tuple[bytes, bytes]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
KEYS = frozenset({b"authorization", b"api-key", b"x-api-key"})
"""Where OpenAI's, Azure's and Anthropic's clients put their key."""
REROUTING = frozenset(
    {b"x-http-method-override", b"x-http-method", b"x-method-override", b"x-original-url", b"x-rewrite-url"}
)
"""By these some servers take a request for one of another method or path than the one that was judged."""
REWRITTEN = HOP_BY_HOP | REROUTING | {b"host", b"content-length", b"expect", b"x-request-id"}
"""Of a request: the endpoint writes these itself, or they stay behind."""
WITHOUT_BODY = frozenset({204, 304})
"""Statuses whose answers end with their head (RFC 9112, 6.3)."""


def request_headers(headers: Iterable[Header], *, request_id: str, own_key: bool, plain: bool = False) -> list[Header]:
    """The caller's headers for the upstream; its key stays behind when the gateway has one of its own, its
    `accept-encoding` when the gateway must read the answer.
    """
    dropped = REWRITTEN | named_by_connection(headers) | (KEYS if own_key else set())
    dropped |= {b"accept-encoding"} if plain else set()
    named = ((header, header[0].lower().replace(b"_", b"-")) for header in headers)
    passed = [header for header, name in named if name not in dropped and not name.startswith(b"x-guardian-")]
    return [*passed, (b"x-request-id", request_id.encode())]


def response_headers(headers: Iterable[Header], status: int, *, limited: bool = False) -> Iterator[Header]:
    """The upstream's headers for the caller; its `x-request-id` is kept beside ours, and so is what it says of its
    limits where we say something of ours. Where no body can follow, a length stays behind: the server would wait for
    that body.
    """
    dropped = HOP_BY_HOP | named_by_connection(headers)
    dropped |= {b"content-length"} if status in WITHOUT_BODY else set()
    for name, value in headers:
        lower = name.lower()
        if lower == b"x-request-id":
            yield b"x-upstream-request-id", value
        elif limited and lower.startswith(b"x-ratelimit-"):
            yield b"x-upstream-" + lower.removeprefix(b"x-"), value
        elif lower not in dropped and not lower.startswith(b"x-guardian-"):
            yield lower, value


def named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    return frozenset(
        part.strip().lower() for name, value in headers if name.lower() == b"connection" for part in value.split(b",")
    )
