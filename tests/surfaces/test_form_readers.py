"""Contract 1 for forms: what readers in Python, as upstreams have them, take for a text was read as one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given

from gateway.errors import RequestError
from gateway.surfaces.multipart import parse_form
from tests.surfaces.forms import BOUNDARY, HEADERS
from tests.surfaces.test_multipart import bodies, texts


def by_starlette(library: Any, raw: bytes) -> list[tuple[str, bytes]]:
    """What FastAPI's applications have, vLLM among them."""
    found: list[tuple[str, bytes]] = []

    def on_field(field: Any) -> None:
        found.append((field.field_name.decode(), field.value or b""))

    parser = library.FormParser("multipart/form-data", on_field, lambda file: None, boundary=BOUNDARY)
    parser.write(raw)
    parser.finalize()
    return found


def by_bottle(library: Any, raw: bytes) -> list[tuple[str, bytes]]:
    parts = library.MultipartParser(BytesIO(raw), BOUNDARY.decode(), strict=False)
    return [(part.name, part.raw) for part in parts if not part.filename]


@pytest.mark.parametrize(("name", "read"), [("python_multipart", by_starlette), ("multipart", by_bottle)])
@given(raw=bodies())
def test_a_reader_finds_the_texts_that_were_read(name: str, read: Any, raw: bytes) -> None:
    library = pytest.importorskip(name)
    try:
        ours = parse_form(raw, HEADERS)
    except RequestError:
        return
    assert read(library, raw) == texts(ours)
