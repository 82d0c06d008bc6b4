"""Forms, written as tests want them."""

from __future__ import annotations

from dataclasses import dataclass

BOUNDARY = b"x9-boundary"
HEADERS = {"content-type": "multipart/form-data; boundary=x9-boundary"}


def text(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def file(name: str, content: bytes = b"\x00\xff\r\n", filename: str = "a.bin", kind: str = "audio/mpeg") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content


def form(*parts: bytes) -> bytes:
    return b"".join(b"--" + BOUNDARY + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + BOUNDARY + b"--\r\n"


@dataclass(frozen=True, slots=True)
class Form:
    """A whole body, and that it is to be sent as a form."""

    raw: bytes


def form_of(*parts: bytes) -> Form:
    return Form(form(*parts))
