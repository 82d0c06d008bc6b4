"""How well scores tell harmful rows from harmless ones. `gateway evaluate` has more of it; this needs scores alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np


def measures(harmful: Sequence[bool], scores: Sequence[float], threshold: float = 0.5) -> dict[str, float]:
    """F1, recall and false alarms at the threshold; `best_f1` at the best one, and AUPRC, which know no threshold."""
    truth, flagged = np.array(harmful, dtype=bool), np.array(scores) >= threshold
    hits, misses, alarms = (truth & flagged).sum(), (truth & ~flagged).sum(), (~truth & flagged).sum()
    points = curve(truth, np.array(scores))
    return {
        "f1": ratio(2 * hits, 2 * hits + misses + alarms),
        "recall": ratio(hits, truth.sum()),
        "fpr": ratio(alarms, (~truth).sum()),
        "best_f1": max((2 * p * r / (p + r) for p, r in points if p + r), default=0.0),
        "auprc": sum(p * (r - before) for (p, r), before in zip(points, [0.0, *(r for _, r in points)], strict=False)),
    }


def curve(truth: np.ndarray, scores: np.ndarray) -> list[tuple[float, float]]:
    """Precision and recall at each threshold, falling; equal scores are one step."""
    ranked = sorted(zip(scores.tolist(), truth.tolist(), strict=True), reverse=True)
    points, hits, seen = [], 0, 0
    for _, tied in groupby(ranked, key=lambda pair: pair[0]):
        members = [harmful for _, harmful in tied]
        hits, seen = hits + sum(members), seen + len(members)
        points.append((hits / seen, ratio(hits, truth.sum())))
    return points


def ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
