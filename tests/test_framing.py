"""Contract 1: what of a request's head readers take in different ways is refused."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from gateway.errors import BadRequest
from gateway.framing import refuse_ambiguous

TYPE = (b"content-type", b"application/json")


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"api-version=2024-10-21-preview",
        b"beta=true",
        b"include%5B%5D=web_search_call.action.sources&after=file_abc&limit=20",
        b"a&&=;x=%00+%2F",
        b"q=\xc3\xa9",
    ],
)
def test_names_and_short_values_pass(query: bytes) -> None:
    refuse_ambiguous([TYPE, (b"x-a", b"1"), (b"X-A", b"2"), (b"transfer-encoding", b"Chunked")], query)


@pytest.mark.parametrize(
    "query",
    [
        b"messages=x",
        b"MESSAGES[0][content]=x",
        b"a=1&%6dessages=x",
        b"a=1;prompt=x",
        b"%256dessages=x",
        b"_method=PUT",
        b"x=tell+me+the+thing",
        b"x=how-to-build-the-whole-thing",
        b"tell%20me%20the%20thing",
        b"x=" + quote("만드는방법").encode(),
        b"x=tell%2520me%2520the%2520thing",
    ],
)
def test_a_text_and_a_member_of_the_body_are_no_query(query: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        refuse_ambiguous([TYPE], query)
    assert refused.value.code == "invalid_query_string"


@pytest.mark.parametrize(
    "headers",
    [
        [TYPE, (b"Content-Type", b"text/plain")],
        [TYPE, TYPE],
        [(b"host", b"a"), (b"host", b"b")],
        [TYPE, (b"connection", b"close, Content-Type")],
        [(b"content_type", b"text/plain")],
        [(b"Transfer_Encoding", b"chunked")],
        [(b"transfer-encoding", b"gzip, chunked")],
        [(b"transfer-encoding", b"identity"), (b"transfer-encoding", b"chunked")],
    ],
)
def test_a_header_that_is_read_in_two_ways_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(BadRequest) as refused:
        refuse_ambiguous(headers, b"")
    assert refused.value.code == "invalid_header"
