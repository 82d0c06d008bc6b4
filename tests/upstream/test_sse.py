"""Events come out whole however the bytes were cut, and no byte is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.upstream.sse import Event, EventSplitter, RawEventSplitter

STREAM = 'data: {"a":"한"}\r\n\r\n: ping\n\nevent: x\ndata:one\ndata: two\n\ndata: [DONE]\n\n'.encode()
EVENTS = ['{"a":"한"}'.encode(), b"one\ntwo", b"[DONE]"]
BITS = st.sampled_from((b"\r", b"\n", b"\r\n", b"data: x", b"data", b":", b"\xef\xbb\xbf", "한".encode(), b"event: y"))


class Counting(RawEventSplitter):
    looked_at = 0

    def end_of_event(self, start: int, seen: int) -> int | None:
        self.looked_at += len(self.buffer) - seen
        return super().end_of_event(start, seen)


def split(stream: bytes, cuts: set[int]) -> list[Event]:
    splitter, edges = RawEventSplitter(), [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    fed = [event for a, b in pairwise(edges) for event in splitter.feed(stream[a:b])]
    return [*fed, *splitter.flush()]


@given(st.sets(st.integers(1, len(STREAM) - 1)))
def test_any_cut_gives_the_same_events(cuts: set[int]) -> None:
    splitter, edges = EventSplitter(), [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert [event for piece in pieces for event in splitter.feed(piece)] == EVENTS
    assert splitter.flush() == []


@given(st.lists(BITS, max_size=30).map(b"".join), st.sets(st.integers(1, 100)))
@example(b"data: x\r\n\r\n\r\r\ndata: y\n\r\n", {8, 9, 10, 11, 12})
def test_any_stream_cut_anywhere_gives_the_same_events_and_every_byte(stream: bytes, cuts: set[int]) -> None:
    found = split(stream, cuts)
    assert found == split(stream, set())
    assert b"".join(event.raw for event in found) == stream


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\n\r\ndata: b\r\n\n", [b"a", b"b"]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [b"a", None]),
        (b"data:a\ndata:  b\ndata\n\n", [b"a\n b\n"]),
        (b"\n\n: comment\n\nevent: x\nid: 1\nretry: 5\ndata: a\n\n", [None, None, None, b"a"]),
        (b"data:\n\ndata: a", [None, b"a"]),
    ],
)
def test_lines_are_read_as_the_standard_says(stream: bytes, data: list[bytes | None], size: int) -> None:
    assert [event.data for event in split(stream, set(range(size, len(stream), size)))] == data


@pytest.mark.parametrize(
    ("line", "odd"), [(b'{"a": 1}', True), (b"dat: x", True), (b" data: x", True), (b": x", False), (b"id", False)]
)
def test_a_line_that_is_no_part_of_the_format_is_told(line: bytes, *, odd: bool) -> None:
    assert [event.odd for event in split(b"data: a\n" + line + b"\n\n", set())] == [odd]


def test_what_waits_is_known_by_its_size_and_looked_at_once() -> None:
    splitter = Counting()
    for _ in range(100_000):
        assert splitter.feed(b"x" * 10) == []
    assert splitter.pending == 1_000_000
    assert splitter.looked_at < 100_000 * 15


def test_a_stream_that_ends_without_a_blank_line_still_gives_its_last_event() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: last") == []
    assert splitter.flush() == [b"last"]
