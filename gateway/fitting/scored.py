"""Raw scores with their truth: all that a calibration is fitted to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.errors import ConfigurationError
from gateway.evaluation.judged import Judged
from gateway.types import Verdict


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of each row that got one, whether the row is harmful, and how many rows got none."""

    scores: tuple[float, ...]
    harmful: tuple[bool, ...]
    left_out: int = 0

    @property
    def positives(self) -> int:
        return sum(self.harmful)

    @property
    def negatives(self) -> int:
        return len(self.harmful) - self.positives

    def part(self, places: Iterable[int]) -> Scored:
        chosen = list(places)
        return Scored(tuple(self.scores[i] for i in chosen), tuple(self.harmful[i] for i in chosen))


def scored_of(judged: Sequence[Judged]) -> Scored:
    """Raises ConfigurationError where nothing can be fitted."""
    verdicts = [one for one in judged if isinstance(one.outcome, Verdict)]
    if not verdicts:
        raise ConfigurationError("the guardian gave no verdict at all: ask it with `gateway guardian try`")
    found = [(one.score, one.harmful) for one in verdicts if one.score is not None]
    if not found:
        raise ConfigurationError("the guardian gives no scores, only labels: there is nothing to calibrate")
    scored = Scored(tuple(s for s, _ in found), tuple(h for _, h in found), len(judged) - len(found))
    if min(scored.positives, scored.negatives) < 2:
        raise ConfigurationError(
            "a calibration needs rows of both labels, two of each at the very least:"
            f" there are {scored.positives} harmful and {scored.negatives} safe ones with a score"
        )
    return scored
