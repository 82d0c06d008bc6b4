"""A `multipart/form-data` body that has one meaning: what is judged is what every other reader will see.

Readers of multipart differ in nearly everything: bare line feeds, folded headers, text before the first boundary,
`filename*`, escapes in names. So the body is cut at its boundaries and nowhere else, every byte of it must belong to a
part in the one way of writing that is read here, and the bytes that were read are the bytes that are forwarded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.errors import BadRequest, Unsupported

FORM = "multipart/form-data"
LINE_END = b"\r\n"
BOUNDARY = re.compile(
    r"""multipart/form-data; ?boundary=(?:([A-Za-z0-9_.+-]{1,70})|"([A-Za-z0-9_.+=-]{1,70})")""",
    re.ASCII | re.IGNORECASE,
)
HEADER = re.compile(r"([A-Za-z-]+): ?([^\x00-\x1f\x7f]+)")
DISPOSITION = re.compile(
    r"""form-data; ?name=(?:"([A-Za-z0-9_.\[\]-]+)"|([A-Za-z0-9_.-]+))"""
    r"""(?:; ?filename=(?:"([^"\\;\x00-\x1f\x7f]+)"|([A-Za-z0-9_.-]+)))?"""
)
"""A name, and behind it perhaps a file's: no `filename*`, no escapes, nothing that a reader could cut otherwise."""
TEXT_TYPE = re.compile(r"""text/plain(?:; ?charset="?utf-?8"?)?""", re.IGNORECASE)
FILE_TYPE = re.compile(
    r"""(?!multipart/|message/)[a-z0-9.+-]+/[a-z0-9.+_-]+(?:; ?[a-z0-9_-]+=[a-z0-9_.,+-]+)*""", re.IGNORECASE
)
MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form. It is a file where it has a `filename`, else a text."""

    name: str
    content: bytes
    filename: str | None = None

    @property
    def text(self) -> str:
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise invalid(f"the field `{self.name}` is not UTF-8") from None


def parse_form(raw: bytes, headers: Mapping[str, str]) -> tuple[Part, ...]:
    """The fields in their order, or BadRequest / Unsupported."""
    return tuple(part(piece) for piece in pieces(raw, boundary(headers)))


def boundary(headers: Mapping[str, str]) -> bytes:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        told = f"content-encoding `{encoding}` is not read: send the body uncompressed"
        raise Unsupported(told, code="unsupported_encoding")
    found = BOUNDARY.fullmatch(headers.get("content-type", "").strip())
    name = found and (found[1] or found[2])
    if not name or not re.search(r"[A-Za-z0-9]", name):
        told = f"the content-type must be `{FORM}; boundary=...` and no more, with a plain boundary"
        raise Unsupported(told, code="unsupported_content_type")
    return name.encode()


def pieces(raw: bytes, name: bytes) -> list[bytes]:
    """What stands between the boundaries. There is none but those at the beginning of a line: `--name` in a part's
    content, or behind a bare line feed, would be one to some readers.
    """
    line = b"--" + name
    opening, closing = line + LINE_END, LINE_END + line + b"--"
    body = raw.removesuffix(LINE_END)
    if not body.startswith(opening) or not body.endswith(closing):
        raise invalid("the body must begin with its first boundary and end with its last, with CRLF as line ends")
    found = body[len(opening) : -len(closing)].split(LINE_END + opening)
    if raw.count(line) != len(found) + 1:
        raise invalid("the boundary stands in a place where only some readers take it for one")
    if len(found) > MOST_PARTS:
        raise invalid(f"the body has more than {MOST_PARTS} parts")
    return found


def part(piece: bytes) -> Part:
    head, blank, content = piece.partition(LINE_END * 2)
    if not blank:
        raise invalid("a part must have headers, a blank line and its content")
    found = part_headers(head)
    said = DISPOSITION.fullmatch(found.get("content-disposition", ""))
    if said is None:
        told = 'a part must have `Content-Disposition: form-data; name="..."`, with `filename="..."` behind it at most'
        raise invalid(told)
    name, filename = said[1] or said[2], said[3] or said[4]
    kind = found.get("content-type", "text/plain" if filename is None else "application/octet-stream")
    if not (TEXT_TYPE if filename is None else FILE_TYPE).fullmatch(kind):
        raise invalid(f"the part `{name}` has a `Content-Type` that some readers would take for something else")
    if found.get("content-length", str(len(content))) != str(len(content)):
        raise invalid(f"the part `{name}` is not as long as its `Content-Length` says")
    return Part(name, content, filename)


def part_headers(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in header_lines(head):
        if name in found or name not in ("content-disposition", "content-type", "content-length"):
            told = "a part may have `Content-Disposition`, `Content-Type` and `Content-Length`, each once, and no other"
            raise invalid(told)
        found[name] = value
    return found


def header_lines(head: bytes) -> Iterator[tuple[str, str]]:
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise invalid("the headers of a part are not UTF-8") from None
    for line in lines:
        found = HEADER.fullmatch(line)
        if found is None:
            raise invalid("a header of a part is folded, or has a bare line end or a control character")
        yield found[1].lower(), found[2]


def with_field(raw: bytes, headers: Mapping[str, str], name: str, value: str) -> bytes:
    """The form with this text: in place of the field of that name, or before all others where there is none."""
    line = b"--" + boundary(headers)
    opening, closing = line + LINE_END, LINE_END + line + b"--" + LINE_END
    written = f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
    found = pieces(raw, boundary(headers))
    replaced = [written if part(piece).name == name else piece for piece in found]
    if written not in replaced:
        replaced.insert(0, written)
    return opening + (LINE_END + opening).join(replaced) + closing


def invalid(told: str) -> BadRequest:
    return BadRequest(f"the multipart body cannot be judged: {told}", code="invalid_multipart")
