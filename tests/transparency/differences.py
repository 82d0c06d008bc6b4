"""All that the gateway changes of a request and of its answer; docs/reference/transparency.md says the same."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.upstream.headers import HOP_BY_HOP, KEYS, REWRITTEN
from tests.transparency.scripted import Got
from tests.transparency.wire import Header, Seen

OWN = b"x-guardian-"
"""Headers so called are the gateway's: the caller's and the upstream's are left out."""
REQUEST_LEFT_OUT = REWRITTEN
REQUEST_WRITTEN = frozenset({b"host", b"content-length", b"x-request-id"})
"""In the place of what the caller sent."""
UNDER_OWN_KEY = KEYS
WHEN_READ = frozenset({b"accept-encoding"})
"""Left out of a request when the gateway reads the answer, which must not be compressed then."""
ANSWER_LEFT_OUT = HOP_BY_HOP
ANSWER_RENAMED = {b"x-request-id": b"x-upstream-request-id"}
ANSWER_ADDED = frozenset({b"x-request-id", b"server-timing"})
WITHOUT_BODY = frozenset({204, 304})
"""Answers of these statuses come without `content-length`, which says nothing of them."""


def request_as_it_goes(sent: Got, *, read: bool, key: bytes | None = None) -> Got:
    """What the upstream gets of a request; `key` is the gateway's own, if it has one."""
    left_out = REQUEST_LEFT_OUT | named_by_connection(sent.headers) | (WHEN_READ if read else frozenset())
    left_out |= UNDER_OWN_KEY if key is not None else set()
    own = () if key is None else ((b"authorization", b"Bearer " + key),)
    path, _, query = sent.target.partition(b"?")
    target = path + b"?" + query if query else path
    return Got(sent.method, target, (*kept(sent.headers, left_out), *own), sent.body)


def request_that_went(forwarded: Got) -> Got:
    """Less what the gateway writes itself, once each."""
    names = [name for name, _ in forwarded.headers if name in REQUEST_WRITTEN]
    assert len(names) == len(set(names)), names
    assert b"x-request-id" in names
    return Got(forwarded.method, forwarded.target, kept(forwarded.headers, REQUEST_WRITTEN), forwarded.body)


def answer_as_it_goes(direct: Seen) -> Seen:
    """What a client gets of an answer that it would get so without the gateway."""
    left_out = ANSWER_LEFT_OUT | named_by_connection(direct.headers)
    left_out |= {b"content-length"} if direct.status in WITHOUT_BODY else set()
    headers = tuple((ANSWER_RENAMED.get(name, name), value) for name, value in kept(direct.headers, left_out))
    return Seen(direct.status, headers, direct.body, direct.complete)


def answer_that_came(through: Seen) -> Seen:
    """Less the connection's own headers and what the gateway adds. Its `server-timing` stands behind the upstream's."""
    headers = list(kept(through.headers, ANSWER_LEFT_OUT | {b"x-request-id"}))
    assert sum(name == b"x-request-id" for name, _ in through.headers) == 1
    while headers and headers[-1][0] == b"server-timing" and headers[-1][1].startswith(b"guardian"):
        headers.pop()
    return Seen(through.status, tuple(headers), through.body, through.complete)


def kept(headers: Iterable[Header], left_out: Iterable[bytes]) -> tuple[Header, ...]:
    return tuple(
        (name, value) for name, value in headers if name not in frozenset(left_out) and not name.startswith(OWN)
    )


def named_by_connection(headers: Iterable[Header]) -> set[bytes]:
    values = [value for name, value in headers if name == b"connection"]
    return {part.strip().lower() for value in values for part in value.split(b",")}
