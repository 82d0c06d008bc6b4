"""Raw requests: what a client writes on the wire, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from tests.tricks.trick import MARK

CHAT = b"/v1/chat/completions"
JSON = b"content-type: application/json\r\n"
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": MARK}]}).encode()
"""A query that says the text openly."""
PLAIN = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'
"""An innocent one."""


def head(target: bytes = CHAT, method: bytes = b"POST", version: bytes = b"HTTP/1.1") -> bytes:
    return b"%b %b %b\r\nhost: gateway\r\n" % (method, target, version)


def post(body: bytes, headers: bytes = JSON, target: bytes = CHAT, method: bytes = b"POST") -> bytes:
    """A request that HTTP has no doubt about."""
    return head(target, method) + headers + b"content-length: %d\r\n\r\n" % len(body) + body


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def chunked(coded: bytes, headers: bytes = b"transfer-encoding: chunked\r\n") -> bytes:
    """A request whose body is already in chunks, or in what claims to be."""
    return head() + JSON + headers + b"\r\n" + coded


def chat(messages: object = None, **fields: Any) -> bytes:
    """A well-formed request with these messages, or with an innocent one, and these fields beside them."""
    said = [{"role": "user", "content": "hello"}] if messages is None else messages
    return post(json.dumps({"model": "m", "messages": said, **fields}).encode())


def user(content: object, **more: Any) -> bytes:
    return chat([{"role": "user", "content": content, **more}])


def part(**fields: Any) -> bytes:
    """A message with an innocent part and this one."""
    return user([{"type": "text", "text": "hello"}, fields])
