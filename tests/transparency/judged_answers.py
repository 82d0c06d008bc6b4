"""Generated answers that the gateway reads and judges: whole, or streamed in any framing, spelling and cut."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.transparency.answers import ENDS, chunked, cuts
from tests.transparency.asked import post, simple
from tests.transparency.requests import spelt, texts, unknown
from tests.transparency.scripted import Answer, End
from tests.transparency.surfaces import SURFACES, Compared

SPEAKING = [surface for surface in SURFACES if surface.events is not None]
NOISE = (b": ping", b"event: message", b"id: 7", b"retry: 100", b":")


@dataclass(frozen=True, slots=True)
class Case:
    """A request and its answer."""

    asked: bytes
    answer: Answer


@st.composite
def whole(draw: DrawFn) -> Case:
    surface = draw(st.sampled_from(SPEAKING))
    value = surface.answer(draw(texts)) if surface.answer is not None else {}
    body = spelt({**value, **draw(unknown)}, Random(draw(st.integers(0, 2**32))))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return Case(post(surface.path), Answer(draw(cuts(head + body))))


@st.composite
def streamed(draw: DrawFn) -> Case:
    surface = draw(st.sampled_from(SPEAKING))
    raw = draw(chunked(draw(events(surface))))
    return Case(post(surface.path, simple(surface.path, stream=True)), Answer(draw(cuts(HEAD + raw))))


@st.composite
def streamed_and_cut(draw: DrawFn) -> Case:
    """It breaks off before its last chunk, between events or in the middle of one."""
    surface = draw(st.sampled_from(SPEAKING))
    stream = draw(events(surface))
    raw = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in draw(cuts(stream[: draw(st.integers(0, len(stream)))])))
    end: End = draw(st.sampled_from(["close", "reset"]))
    return Case(post(surface.path, simple(surface.path, stream=True)), Answer(draw(cuts(HEAD + raw)), end))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@st.composite
def events(draw: DrawFn, surface: Compared) -> bytes:
    """The events of an answer: lines that end in any way, data on several lines, comments, a byte-order mark first."""
    rng = Random(draw(st.integers(0, 2**32)))
    assert surface.events is not None
    said = surface.events(draw(st.lists(texts, min_size=1, max_size=6)))
    datas = [*(spelt({**value, **draw(unknown)}, rng) for value in said), *surface.end]
    mark, last = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])), draw(st.sampled_from([True, False]))
    return mark + b"".join(event(data, rng, closed=last or i + 1 < len(datas)) for i, data in enumerate(datas))


def event(data: bytes, rng: Random, *, closed: bool) -> bytes:
    end = rng.choice(ENDS)
    noise = [rng.choice(NOISE)] * rng.randrange(3)
    lines = [*noise, *(rng.choice((b"data: ", b"data:")) + line for line in re.split(rb"\r\n|\n", data))]
    return end.join(lines) + end * (2 if closed else rng.randrange(2))
