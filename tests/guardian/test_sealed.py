"""A sealed verdict comes back whole, under its own key, in time; nothing else comes back at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.sealed import Seal
from gateway.types import LABELS, Verdict

SEAL = Seal(b"secret")
VERDICTS = st.builds(
    Verdict,
    st.text(max_size=5),
    st.sampled_from(LABELS),
    st.lists(st.text(max_size=5), max_size=2).map(tuple),
    st.none() | st.floats(0, 1),
    model=st.text(max_size=5),
)


@given(VERDICTS, st.binary(max_size=32))
def test_a_verdict_comes_back_whole(verdict: Verdict, key: bytes) -> None:
    assert SEAL.opened(key, SEAL.sealed(key, verdict, 110.0), 100.0) == (verdict, 10.0)


@given(VERDICTS, st.data())
def test_a_changed_byte_is_no_verdict(verdict: Verdict, data: st.DataObject) -> None:
    raw = bytearray(SEAL.sealed(b"key", verdict, 110.0))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    assert SEAL.opened(b"key", bytes(raw), 100.0) is None


@pytest.mark.parametrize("raw", [None, "text", 5, b"", b"short", b"x" * 100, [b"x"]])
def test_garbage_is_no_verdict(raw: object) -> None:
    assert SEAL.opened(b"key", raw, 100.0) is None


def test_a_verdict_is_for_one_key_one_secret_and_its_time() -> None:
    raw = SEAL.sealed(b"key", Verdict("default", "safe"), 110.0)
    assert SEAL.opened(b"other", raw, 100.0) is None
    assert replace(SEAL, secret=b"other").opened(b"key", raw, 100.0) is None
    assert SEAL.opened(b"key", raw, 110.0) is None
