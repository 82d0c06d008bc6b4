"""Events come out whole however the bytes were cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.sse import EventSplitter

STREAM = 'data: {"a":"한"}\r\n\r\n: ping\n\nevent: x\ndata:one\ndata: two\n\ndata: [DONE]\n\n'.encode()
EVENTS = ['{"a":"한"}'.encode(), b"one\ntwo", b"[DONE]"]


@given(st.sets(st.integers(1, len(STREAM) - 1)))
def test_any_cut_gives_the_same_events(cuts: set[int]) -> None:
    splitter, edges = EventSplitter(), [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert [event for piece in pieces for event in splitter.feed(piece)] == EVENTS
    assert splitter.flush() == []


def test_a_stream_that_ends_without_a_blank_line_still_gives_its_last_event() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: last") == []
    assert splitter.flush() == [b"last"]
