"""Contract 1 for forms: a body has one meaning, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestError
from gateway.surfaces.multipart import Part, parse_form, with_field
from tests.surfaces.forms import BOUNDARY, HEADERS, file, form, text

GOOD = form(text("model", "whisper-1"), text("prompt", "hello"), file("file"))
names = st.from_regex(r"[A-Za-z0-9_.-]{1,12}(\[\])?", fullmatch=True)
contents = st.binary(max_size=60).filter(lambda found: b"--" + BOUNDARY not in found)
words = st.text(max_size=40).filter(lambda found: "--" + BOUNDARY.decode() not in found)


def refused(raw: bytes, headers: dict[str, str] = HEADERS) -> str:
    with pytest.raises(RequestError) as error:
        parse_form(raw, headers)
    return str(error.value.code)


@given(st.lists(st.tuples(names, words) | st.tuples(names, contents), min_size=1, max_size=5))
def test_any_plain_form_is_read(fields: list[tuple[str, str | bytes]]) -> None:
    parts = [text(name, it) if isinstance(it, str) else file(name, it) for name, it in fields]
    found = parse_form(form(*parts), HEADERS)
    assert [(part.name, part.text if part.filename is None else part.content) for part in found] == fields


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x9-boundary",
        'Multipart/Form-Data;boundary="x9-boundary"',
        "multipart/form-data; Boundary=x9-boundary",
    ],
)
def test_the_ways_in_which_clients_write_the_content_type(content_type: str) -> None:
    assert len(parse_form(GOOD, {"content-type": content_type})) == 3


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=----",
        "multipart/form-data; boundary=x9-boundary; boundary=other",
        "multipart/form-data; boundary=x9-boundary; charset=utf-16",
        "multipart/form-data; charset=utf-7; boundary=x9-boundary",
        "multipart/form-data; boundary*=utf-8''x9-boundary",
        "multipart/form-data; boundary*0=x9-; boundary*1=boundary",
        'multipart/form-data; boundary="x9\\-boundary"',
        'multipart/form-data; boundary="x9-boundary',
        "multipart/form-data, multipart/form-data; boundary=x9-boundary",
        "multipart/mixed; boundary=x9-boundary",
        "multipart/form-data; boundary=x9-boundary ;",
        "multipart/form-data; boundary=" + "x" * 71,
    ],
)
def test_a_boundary_that_readers_could_take_otherwise(content_type: str) -> None:
    assert refused(GOOD, {"content-type": content_type}) == "unsupported_content_type"


def test_a_compressed_form_is_refused() -> None:
    assert refused(GOOD, {**HEADERS, "content-encoding": "gzip"}) == "unsupported_encoding"


def headed(*lines: bytes, content: bytes = b"hello") -> bytes:
    return form(b"\r\n".join(lines) + b"\r\n\r\n" + content)


DISPOSITION = b'Content-Disposition: form-data; name="prompt"'
TRICKS: dict[str, bytes] = {
    "empty": b"",
    "no part": b"--x9-boundary--\r\n",
    "no end": GOOD[: -len(b"--x9-boundary--\r\n")],
    "cut end": GOOD[: -len(b"--\r\n")],
    "preamble": b"hidden\r\n" + GOOD,
    "preamble that is blank": b"\r\n" + GOOD,
    "another line in place of the first boundary": GOOD.replace(b"--x9-boundary", b"hidden-line!!", 1).replace(
        b"hello", b"a\n--x9-boundary\n"
    ),
    "epilogue": GOOD + b"hidden",
    "a second form as epilogue": GOOD + GOOD,
    "line feeds only": GOOD.replace(b"\r\n", b"\n"),
    "one delimiter with a bare line feed": GOOD.replace(b"\r\n--x9-boundary\r\n", b"\n--x9-boundary\r\n", 1),
    "one delimiter with a bare carriage return": GOOD.replace(b"\r\n--x9-boundary\r\n", b"\r--x9-boundary\r\n", 1),
    "padding behind a delimiter": GOOD.replace(b"--x9-boundary\r\n", b"--x9-boundary \r\n"),
    "line feed behind a delimiter": GOOD.replace(b"--x9-boundary\r\n", b"--x9-boundary\n"),
    "the boundary within a text": form(text("prompt", "hello --x9-boundary there")),
    "the boundary within a file": form(file("file", b"a\n--x9-boundary\nb")),
    "a longer boundary within a file": form(file("file", b'\r\n--x9-boundary2\r\nname="prompt"')),
    "the end within": form(text("prompt", "a\r\n--x9-boundary--\r\nb")),
    "no headers": form(b"hello"),
    "an empty head": form(b"\r\n\r\nhello"),
    "no disposition": headed(b"Content-Type: text/plain"),
    "no name": headed(b"Content-Disposition: form-data"),
    "an empty name": headed(b'Content-Disposition: form-data; name=""'),
    "another disposition": headed(b'Content-Disposition: attachment; name="prompt"'),
    "two dispositions": headed(DISPOSITION, b'Content-Disposition: form-data; name="user"'),
    "two names": headed(DISPOSITION + b'; name="user"'),
    "name behind the file's": headed(b'Content-Disposition: form-data; filename="a"; name="prompt"'),
    "name*": headed(b"Content-Disposition: form-data; name*=utf-8''prompt"),
    "name in pieces": headed(b'Content-Disposition: form-data; name*0="pro"; name*1="mpt"'),
    "filename*": headed(DISPOSITION + b"; filename*=utf-8''a.txt"),
    "filename and filename*": headed(DISPOSITION + b"; filename=\"a\"; filename*=utf-8''a.txt"),
    "an empty filename": headed(DISPOSITION + b'; filename=""'),
    "a quoted pair in a name": headed(b'Content-Disposition: form-data; name="pro\\mpt"'),
    "a quoted pair in a filename": headed(DISPOSITION + b'; filename="a\\"; name=\\"b"'),
    "a parameter within a filename": headed(DISPOSITION + b'; filename="a; name=user"'),
    "a name that is not ASCII": headed('Content-Disposition: form-data; name="prоmpt"'.encode()),
    "an encoded word as name": headed(b'Content-Disposition: form-data; name="=?utf-8?Q?prompt?="'),
    "single quotes": headed(b"Content-Disposition: form-data; name='prompt'"),
    "a comment": headed(DISPOSITION + b" (a comment)"),
    "a folded header": headed(b"Content-Disposition: form-data;", b' name="prompt"'),
    "a folded header behind": headed(DISPOSITION, b'\tfilename="a"'),
    "a bare line feed in a head": headed(DISPOSITION + b"\nContent-Type: text/html"),
    "a blank line with line feeds": form(DISPOSITION + b"\n\nhidden\r\n\r\nhello"),
    "a bare carriage return in a head": headed(DISPOSITION + b"\rContent-Type: text/html"),
    "NUL in a head": headed(DISPOSITION + b"\0"),
    "a blank before the colon": headed(b'Content-Disposition : form-data; name="prompt"'),
    "a head that is not UTF-8": headed(DISPOSITION + b'; filename="\xff"'),
    "transfer-encoding": headed(DISPOSITION, b"Content-Transfer-Encoding: base64", content=b"aGVsbG8="),
    "transfer-encoding quoted-printable": headed(DISPOSITION, b"Content-Transfer-Encoding: quoted-printable"),
    "an unknown header": headed(DISPOSITION, b"X-Name: user"),
    "two content-types": headed(DISPOSITION, b"Content-Type: text/plain", b"Content-Type: text/plain; charset=utf-7"),
    "another charset": headed(DISPOSITION, b"Content-Type: text/plain; charset=utf-16"),
    "a text that says it is a file": headed(DISPOSITION, b"Content-Type: application/octet-stream"),
    "a nested form": headed(DISPOSITION + b'; filename="a"', b"Content-Type: multipart/mixed; boundary=in"),
    "a message": headed(DISPOSITION + b'; filename="a"', b"Content-Type: message/rfc822"),
    "a wrong length": headed(DISPOSITION, b"Content-Length: 2"),
    "a length that is no number": headed(DISPOSITION, b"Content-Length: 0x5"),
    "too many parts": form(*[text("prompt", "a")] * 201),
}


@pytest.mark.parametrize("raw", TRICKS.values(), ids=TRICKS)
def test_what_two_readers_could_take_differently_is_refused(raw: bytes) -> None:
    assert refused(raw) == "invalid_multipart"


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    (part,) = parse_form(headed(DISPOSITION, content=b"\xff\xfe"), HEADERS)
    with pytest.raises(RequestError, match="not UTF-8"):
        assert part.text


def lenient(raw: bytes) -> list[tuple[str, bytes]]:
    """Texts as the most careless reader has them: any line end, anything before and behind, the first name it sees."""
    found = []
    for piece in re.split(rb"[\r\n]*--x9-boundary(?:--)?[ \t]*", raw):
        head, _, content = re.sub(rb"\r\n|\r", b"\n", piece).lstrip(b"\n").partition(b"\n\n")
        name = re.search(rb'name\*?=(?:utf-8\'\')?["\']?([^"\';\n]*)', head, re.IGNORECASE)
        if name and b"filename" not in head.lower():
            found.append((name[1].decode("latin-1"), content))
    return found


def by_email(raw: bytes) -> list[tuple[str, bytes]]:
    head = f"content-type: {HEADERS['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + raw, policy=policy.HTTP)
    found = []
    for part in message.iter_parts() if message.is_multipart() else ():
        name, payload = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if part.get_filename() is None and isinstance(payload, bytes):
            found.append((str(name), payload))
    return found


def texts(parts: Iterable[Part]) -> list[tuple[str, bytes]]:
    return [(part.name, part.content) for part in parts if part.filename is None]


def flat(fields: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Line ends as any of the readers leaves them."""
    return [(name, re.sub(rb"\r\n|\r", b"\n", content).rstrip(b"\n")) for name, content in fields]


SNIPPETS = [
    b"--x9-boundary", b"--", b"\r\n", b"\n", b"\r", b" ", b"\t", b'"', b"\\", b";", b"\0", b"hello", b"\xff",
    b"Content-Disposition: form-data", b'; name="prompt"', b'; name="user"', b"; name=prompt", b'; filename="a.txt"',
    b"; filename*=utf-8''a", b"Content-Type: text/plain", b"Content-Transfer-Encoding: base64", b"\r\n\r\n", b"\n\n",
    text("prompt", "hi"), file("file"),
]  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A good form with something put in or taken out, a few times, or snippets put together."""
    if draw(st.booleans()):
        return b"".join(draw(st.lists(st.sampled_from(SNIPPETS), max_size=14)))
    raw = draw(st.sampled_from([GOOD, form(text("prompt", "a\n\nb"), text("user", "me"))]))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.sampled_from(SNIPPETS)) + raw[at + draw(st.integers(0, 3)) :]
    return raw


@given(bodies())
def test_what_any_reader_takes_for_a_text_was_read_as_one(raw: bytes) -> None:
    try:
        ours = parse_form(raw, HEADERS)
    except RequestError:
        return
    assert flat(lenient(raw)) == flat(texts(ours))
    assert flat(by_email(raw)) == flat(texts(ours))


@given(bodies())
def test_every_byte_of_a_form_that_is_read_belongs_to_a_part(raw: bytes) -> None:
    try:
        ours = parse_form(raw, HEADERS)
    except RequestError:
        return
    again = form(*(file(part.name, part.content) for part in ours))
    assert [part.content for part in parse_form(again, HEADERS)] == [part.content for part in ours]
    assert (b"\r\n" + raw).count(b"\r\n--" + BOUNDARY) == len(ours) + 1


@pytest.mark.parametrize("raw", [GOOD, form(text("prompt", "hello"), file("file"))])
def test_a_field_is_put_in_the_place_of_its_like(raw: bytes) -> None:
    before = {part.name: part.content for part in parse_form(raw, HEADERS)}
    after = {part.name: part.content for part in parse_form(with_field(raw, HEADERS, "model", "other"), HEADERS)}
    assert after == {**before, "model": b"other"}
