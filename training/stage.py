"""How a stage is trained: the options that both stages share."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

WARM_UP = 40
"""Steps."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`weights`: of each kind of loss. `minutes` ends the stage early, with the rate where the clock has it; `hold`
    keeps the rate up for a stage that will be gone on with.
    """

    out: Path
    weights: Mapping[str, float]
    epochs: float
    rate: float
    tokens: int
    accumulate: int
    seed: int
    minutes: float | None
    hold: bool
    others: int
    save_every: int

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser, *, epochs: float = 2.0, rate: float = 5e-4) -> None:
        add = parser.add_argument
        add("--out", type=Path, required=True)
        add("--epochs", type=float, default=epochs)
        add("--minutes", type=float, help="ends the stage after that time, however many epochs are left")
        add("--rate", type=float, default=rate)
        add("--tokens", type=int, default=1536, help="of one batch on one device, padding included")
        add("--accumulate", type=int, default=1, help="batches to a step, on each device")
        add("--seed", type=int, default=0)
        add("--hold", action="store_true", help="do not lower the rate at the end: more is to come")
        add("--others", type=int, default=2048, help="random tokens in the softmax beside the data's targets; 0: all")
        add("--save-every", type=int, default=100, help="steps")

    @classmethod
    def of(cls, options: argparse.Namespace, weights: Mapping[str, float]) -> Self:
        names = [name for name in cls.__dataclass_fields__ if name != "weights"]
        return cls(weights=weights, **{name: getattr(options, name) for name in names})

    def rate_at(self, step: int, spent: float) -> float:
        """Warm-up, then a cosine down to a fiftieth; `spent` is the share of the stage that is over."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, 0.0 if self.hold else spent)))
        return self.rate * min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.98 * cosine)
