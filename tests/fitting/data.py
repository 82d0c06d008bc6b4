"""Scores that a made-up guardian would give, and whether each row was harmful."""

from __future__ import annotations

import math
import random

from hypothesis import strategies as st

from gateway.fitting.scored import Scored


def drawn(rows: int, *, seed: int = 0, stretch: float = 1.0, shift: float = 0.0) -> Scored:
    """Rows whose harm is drawn by a known probability, and whose score is that probability distorted."""
    chance = random.Random(seed)
    odds = [chance.gauss(0, 2.5) for _ in range(rows)]
    harmful = tuple(chance.random() < logistic(one) for one in odds)
    return Scored(tuple(logistic(stretch * one + shift) for one in odds), harmful)


def logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


PROBABILITIES = st.floats(0, 1)


@st.composite
def labelled(draw: st.DrawFn) -> Scored:
    """Any scores, ties and extremes too, with at least two rows of each label; harmful ones are mostly higher."""
    safe = draw(st.lists(PROBABILITIES, min_size=2, max_size=30))
    harmful = draw(st.lists(PROBABILITIES.map(math.sqrt), min_size=2, max_size=30))
    return Scored((*safe, *harmful), (False,) * len(safe) + (True,) * len(harmful))
